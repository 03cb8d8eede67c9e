/**
 * Makes the package for npm: plain JavaScript, type declarations and nothing to install.
 *
 *     deno task npm            # into npm/dist
 */

import { bundle } from "./bundle.ts";
import { declarations } from "./declarations.ts";
import { PROJECT } from "./paths.ts";

/** The file that everything is in. */
const BUNDLE = "miniredis.cjs";

/** What `import` and `require` get; types.ts of the package's own tests reads the same. */
const EXPORTS = {
  ".": {
    import: { types: "./types/mod.d.mts", default: "./miniredis.mjs" },
    require: { types: "./types/mod.d.cts", default: `./${BUNDLE}` },
  },
  "./package.json": "./package.json",
};

interface ProjectFile {
  readonly version: string;
  readonly license: string;
}

function packageFile(): string {
  const { version, license }: ProjectFile = JSON.parse(
    Deno.readTextFileSync(`${PROJECT}deno.json`),
  );
  const content = {
    name: "miniredis",
    version,
    description: "A Redis server in plain JavaScript, inside your tests or by itself",
    keywords: ["redis", "server", "test", "testing", "mock", "in-memory", "embedded"],
    license,
    type: "commonjs",
    main: `./${BUNDLE}`,
    module: "./miniredis.mjs",
    types: "./types/mod.d.cts",
    exports: EXPORTS,
    bin: { miniredis: "cli.cjs" },
    engines: { node: ">=20" },
  };
  return JSON.stringify(content, null, 2) + "\n";
}

/** The names that a bundle exports for programs: all but the program itself. */
function exportedNames(): string[] {
  const names = new Set<string>();
  const lists = Deno.readTextFileSync(`${PROJECT}src/mod.ts`)
    .matchAll(/^export (?:\{([^}]*)\} from|(?:async )?(?:function|class|const) (\w+))/gm);
  for (const [, list, name] of lists) {
    for (const one of (list ?? name).split(",").map((text) => text.trim())) {
      if (one !== "" && !one.startsWith("type ")) names.add(one.replace(/^.* as /, ""));
    }
  }
  return [...names].sort();
}

/** The same module for `import`: one copy of everything, whoever imports it and however. */
function moduleFile(): string {
  const names = exportedNames().join(", ");
  return `import miniredis from "./${BUNDLE}";\nexport const { ${names} } = miniredis;\n`;
}

const PROGRAM = `#!/usr/bin/env node\nrequire("./${BUNDLE}").runProgram();\n`;

/** Writes the package into a directory, in place of what is there. */
export async function makePackage(directory: string): Promise<void> {
  Deno.mkdirSync(directory, { recursive: true });
  for (const { name } of Deno.readDirSync(directory)) {
    Deno.removeSync(`${directory}/${name}`, { recursive: true });
  }
  const files = new Map([
    ["package.json", packageFile()],
    ["README.md", Deno.readTextFileSync(`${PROJECT}npm/README.md`)],
    ["LICENSE", Deno.readTextFileSync(`${PROJECT}LICENSE`)],
    [BUNDLE, await bundle()],
    ["miniredis.mjs", moduleFile()],
    ["cli.cjs", PROGRAM],
    ...declarations("src/mod.ts", "mts"),
    ...declarations("src/mod.ts", "cts"),
  ]);
  for (const [name, text] of files) {
    const path = `${directory}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(path, text);
  }
  Deno.chmodSync(`${directory}/cli.cjs`, 0o755);
}

if (import.meta.main) await makePackage(Deno.args[0] ?? `${PROJECT}npm/dist`);
