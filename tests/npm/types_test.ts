/** What a program's compiler says of the package's types, however strict its settings are. */

import { assertEquals } from "@std/assert";
import { longTest } from "../support/long_test.ts";
import { TempDir } from "../support/temp_dir.ts";
import { pack, project, run, runWell } from "./package.ts";

const PROGRAM = `
import {
  type Clock,
  ConfigError,
  type EmbeddedOptions,
  type EmbeddedServer,
  ListenError,
  ManualClock,
  PersistenceError,
  startServer,
} from "miniredis";

export async function use(log: (line: string) => void): Promise<string> {
  const clock: Clock = new ManualClock(0);
  const options: EmbeddedOptions = { clock, log, directives: { appendonly: "no", save: "" } };
  const server: EmbeddedServer = await startServer(options);
  try {
    return \`\${server.url} \${server.port + 1}\`;
  } catch (error) {
    if (error instanceof ConfigError) return error.directive;
    if (error instanceof ListenError || error instanceof PersistenceError) return error.message;
    throw error;
  } finally {
    await server.stop();
  }
}
`;

/** What is wrong, and has to be seen. */
const WRONG = `
import { startServer } from "miniredis";
startServer({ directives: { maxmemry: "1mb" } });
`;

const STRICT = {
  ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
  ...{ noImplicitOverride: true, noPropertyAccessFromIndexSignature: true },
  ...{ noUnusedLocals: true, noUnusedParameters: true, verbatimModuleSyntax: true },
  ...{ skipLibCheck: false, noEmit: true, target: "ES2022", lib: ["ES2022"], types: ["node"] },
};

longTest(
  "a program compiles with the package under any settings, as both kinds of module",
  async () => {
    await using directory = await TempDir.create("npm-types-");
    const packages = ["typescript@5.9.3", "@types/node@20"];
    const cwd = await project(directory.path, await pack(directory), packages);
    const compile = async (options: Record<string, unknown>, file: string) => {
      Deno.writeTextFileSync(
        `${cwd}/tsconfig.json`,
        JSON.stringify({ compilerOptions: { ...STRICT, ...options }, files: [file] }),
      );
      return await run("npx", ["tsc", "-p", "."], { cwd });
    };
    Deno.writeTextFileSync(`${cwd}/program.mts`, PROGRAM);
    // Written as a module of CommonJS has to be under verbatimModuleSyntax.
    const required = PROGRAM.replace(
      /import \{([^}]*)\} from "miniredis";/,
      (_, names: string) =>
        `import miniredis = require("miniredis");\n${
          names.split(",").map((name) => name.trim()).filter((name) => name !== "").map((name) =>
            name.startsWith("type ")
              ? `type ${name.slice(5)} = miniredis.${name.slice(5)};`
              : `const { ${name} } = miniredis;`
          ).join("\n")
        }`,
    ).replace("export async function use", "async function use") + "\nexport = use;\n";
    Deno.writeTextFileSync(`${cwd}/program.cts`, required);
    Deno.writeTextFileSync(`${cwd}/wrong.mts`, WRONG);
    const NODE = { module: "node16", moduleResolution: "node16" };
    assertEquals(await compile(NODE, "program.mts"), { code: 0, output: "" });
    assertEquals(await compile(NODE, "program.cts"), { code: 0, output: "" });
    const bundler = { module: "esnext", moduleResolution: "bundler" };
    assertEquals(await compile(bundler, "program.mts"), { code: 0, output: "" });
    const { code, output } = await compile(NODE, "wrong.mts");
    assertEquals([code, output.includes("maxmemry")], [2, true]);
    // TypeScript 7 is another program.
    await runWell("npm", ["install", "--no-audit", "--no-fund", "typescript@7"], { cwd });
    assertEquals(await compile(NODE, "program.mts"), { code: 0, output: "" });
  },
);
