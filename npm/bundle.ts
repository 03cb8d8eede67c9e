/** Joins the server and the runtime layer to one file of plain JavaScript that Node 20 and Bun run. */

import { fromFileUrl } from "./paths.ts";
import { build, type Plugin, stop } from "esbuild";

/** The modules of Node that are taken from the layer, wherever they are imported but there. */
const REPLACED: Readonly<Record<string, string>> = {
  "node:timers": "timers.ts",
  "node:v8": "v8.ts",
  "node:vm": "v8.ts",
  "node:process": "process.ts",
};

const RUNTIME = fromFileUrl(new URL("runtime/", import.meta.url));

const layer: Plugin = {
  name: "layer",
  setup({ onResolve }) {
    onResolve({ filter: /^node:/ }, ({ path, importer }) => {
      const file = REPLACED[path];
      return file === undefined || importer.startsWith(RUNTIME)
        ? { path, external: true }
        : { path: RUNTIME + file };
    });
    onResolve({ filter: /\/base\/free_buffer\.ts$/ }, () => ({ path: `${RUNTIME}free_buffer.ts` }));
    // The two modules of npm that the server uses are where Deno keeps them.
    onResolve({ filter: /^npm:/ }, async ({ path }) => ({ path: await cachedFile(path) }));
  },
};

/** The file of a module of npm, `npm:name@1.2.3/path.js`, in Deno's cache. */
async function cachedFile(specifier: string): Promise<string> {
  // It may not be there yet.
  await import(specifier);
  const [, name, version, path] = /^npm:(.+)@([^/]+)\/(.+)$/.exec(specifier)!;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  for (const { name: registry } of Deno.readDirSync(npmCache)) {
    const file = `${npmCache}/${registry}/${name}/${version}/${path}`;
    if (await exists(file)) return file;
  }
  throw new Error(`${specifier} is not in ${npmCache}`);
}

async function exists(file: string): Promise<boolean> {
  try {
    return (await Deno.stat(file)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}

/** The text of the bundle, as a module of CommonJS: Node and Bun import such ones, too. */
export async function bundle(): Promise<string> {
  const { outputFiles, warnings } = await build({
    entryPoints: [fromFileUrl(new URL("program.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "cjs",
    platform: "node",
    target: "node20",
    charset: "utf8",
    minifySyntax: true,
    inject: [`${RUNTIME}globals.ts`],
    define: {
      "globalThis": "bundleGlobals",
      "import.meta.main": "false",
      "Promise.withResolvers": "promiseWithResolvers",
    },
    plugins: [layer],
    logLevel: "warning",
  });
  await stop();
  if (warnings.length > 0) throw new Error("esbuild has warned of something");
  return new TextDecoder().decode(outputFiles[0].contents);
}
