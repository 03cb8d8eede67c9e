/** The runtime layer has all of the namespace `Deno` that the server uses. */

import { assert, assertEquals } from "@std/assert";
import { PROJECT } from "../../npm/paths.ts";

/** What is used only where Node's module for TLS is missing: on Deno 2.7. */
const NOT_ON_NODE = ["connectTls", "listenTls"];

/** Names that stand behind `Deno.` in code, types aside: functions, values, and classes of errors. */
function namesIn(directory: string): Set<string> {
  const found = new Set<string>();
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) { for (const one of namesIn(path)) found.add(one); }
    else if (name.endsWith(".ts")) { for (const one of namesOf(path)) found.add(one); }
  }
  return found;
}

function namesOf(path: string): string[] {
  const code = Deno.readTextFileSync(path).replace(/\/\*[^]*?\*\/|\/\/.*/g, "");
  return Array.from(code.matchAll(/\bDeno\.(errors\.[A-Z]\w+|[a-z]\w+)/g), ([, name]) => name);
}

Deno.test("the layer for Node and Bun has what the server uses of Deno", () => {
  const used = new Set([...namesIn(`${PROJECT}src`), ...namesOf(`${PROJECT}main.ts`)]);
  assert(used.size > 40);
  // Deno runs it as well, but for what is of CommonJS.
  const layer = Deno.readTextFileSync(`${PROJECT}npm/runtime/deno.ts`);
  const errors = Deno.readTextFileSync(`${PROJECT}npm/runtime/errors.ts`);
  const isThere = (name: string) => {
    const [, error] = /^errors\.(.+)/.exec(name) ?? [];
    if (error !== undefined) return errors.includes(`\n  ${error}: errorClass(`);
    return new RegExp(`^  ${name},$|\\{ ${name} \\}|const ${name} `, "m").test(layer);
  };
  const missing = [...used].filter((name) => !isThere(name) && !NOT_ON_NODE.includes(name));
  assertEquals(missing, ["test"].filter((name) => used.has(name)));
});
