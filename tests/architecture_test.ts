/** The order of the rooms, which docs/architecture.md describes, as a rule that is kept. */

import { assert, assertEquals } from "@std/assert";

const PROJECT = new URL("../", import.meta.url);

/** A file may import from its own room and from those behind it in this list. */
const ROOMS = [
  "main.ts",
  "mod.ts",
  "testing",
  "server",
  "process",
  "network",
  "replication",
  "cluster",
  "scripting",
  "durability",
  "clients",
  "execution",
  "commands",
  "persistence",
  "access",
  "observe",
  "keyspace",
  "lua",
  "data",
  "resp",
  "config",
  "base",
];

/** What the program may import from elsewhere; docs/architecture.md says why. */
const PACKAGES = [
  "npm:deno-std@1.4.0/cli/parse_args.js",
  "npm:deno-std@1.4.0/streams/mod.js",
];

interface Module {
  readonly file: URL;
  readonly room: string;
  /** What it imports, types too: files' URLs, and names of packages. */
  readonly imports: readonly string[];
}

const IMPORT =
  /^(?:import|export)\s(?:type\s)?(?:[^"';]*?\sfrom\s)?"([^"]+)"|\bimport\("([^"]+)"\)/gm;

function readModules(): Map<string, Module> {
  const files = [new URL("main.ts", PROJECT), ...filesIn(new URL("src/", PROJECT))];
  return new Map(files.map((file) => {
    const imports = Array.from(
      Deno.readTextFileSync(file).matchAll(IMPORT),
      ([, statement, call]) => {
        const name = statement ?? call;
        return name.startsWith(".") ? new URL(name, file).href : name;
      },
    );
    return [file.href, { file, room: roomOf(file), imports }];
  }));
}

function* filesIn(directory: URL): Generator<URL> {
  for (const entry of Deno.readDirSync(directory)) {
    if (entry.isDirectory) yield* filesIn(new URL(`${entry.name}/`, directory));
    else if (entry.name.endsWith(".ts")) yield new URL(entry.name, directory);
  }
}

function roomOf(file: URL): string {
  return pathOf(file.href).replace(/^src\//, "").split("/")[0];
}

function pathOf(href: string): string {
  return href.slice(PROJECT.href.length);
}

Deno.test("every file of the program stands in a room", () => {
  const modules = readModules();
  assert(modules.size > 50, "the files were not found");
  const outside = Array.from(modules.values()).filter(({ room }) => !ROOMS.includes(room));
  assertEquals(outside.map(({ file }) => pathOf(file.href)), []);
});

Deno.test("imports go from a room to itself or to those below it", () => {
  const wrong: string[] = [];
  const modules = readModules();
  for (const { file, room, imports } of modules.values()) {
    for (const name of imports) {
      const target = modules.get(name);
      if (target === undefined && !name.startsWith("file:")) continue;
      const upwards = target === undefined || ROOMS.indexOf(target.room) < ROOMS.indexOf(room);
      if (upwards) wrong.push(`${pathOf(file.href)} imports ${pathOf(name)}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("imports have no circles, those of types included", () => {
  const modules = readModules();
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (name: string, path: string[]) => {
    if (path.includes(name)) {
      circles.push([...path.slice(path.indexOf(name)), name].map(pathOf).join(" > "));
    } else if (!done.has(name)) {
      for (const next of modules.get(name)?.imports ?? []) visit(next, [...path, name]);
      done.add(name);
    }
  };
  for (const name of modules.keys()) visit(name, []);
  assertEquals(circles, []);
});

Deno.test("the program imports no packages but those that the documentation gives reasons for", () => {
  const packages = new Set<string>();
  for (const { imports } of readModules().values()) {
    for (const name of imports) if (!/^(file|node):/.test(name)) packages.add(name);
  }
  assertEquals([...packages].sort(), PACKAGES);
});

Deno.test("the room that wires all others is small", () => {
  const files = [...filesIn(new URL("src/server/", PROJECT))];
  assert(files.length > 0 && files.length < 10, `${files.length} files`);
});
