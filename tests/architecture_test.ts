/** The order of the rooms, which the README describes, as a rule that is kept. */

import { assert, assertEquals } from "@std/assert";

const PROJECT = new URL("../", import.meta.url);

/** A file may import from its own room and from those behind it in this list. */
const ROOMS = [
  "main.ts",
  "mod.ts",
  "server",
  "commands",
  "persistence",
  "replication",
  "scripting",
  "access",
  "observe",
  "keyspace",
  "lua",
  "data",
  "resp",
  "config",
  "base",
];

/** What the program may import from elsewhere; the README says why. */
const PACKAGES = ["@std/cli/parse-args", "@std/streams"];

interface Import {
  /** A file's URL, or the name of a package. */
  readonly name: string;
  /** Whether nothing is left of it when the program runs. */
  readonly typesOnly: boolean;
}

interface Module {
  readonly file: URL;
  readonly room: string;
  readonly imports: readonly Import[];
}

const IMPORT =
  /^(?:import|export)\s(type\s)?(?:[^"';]*?\sfrom\s)?"([^"]+)"|\bimport\("([^"]+)"\)/gm;

function readModules(): Map<string, Module> {
  const files = [new URL("main.ts", PROJECT), ...filesIn(new URL("src/", PROJECT))];
  return new Map(files.map((file) => {
    const imports = Array.from(
      Deno.readTextFileSync(file).matchAll(IMPORT),
      ([, type, statement, call]) => {
        const name = statement ?? call;
        return {
          name: name.startsWith(".") ? new URL(name, file).href : name,
          typesOnly: type !== undefined,
        };
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

/** Rooms that are still one with `server`. */
const PARTS_OF_SERVER = ["process", "network", "durability", "clients", "execution"];

function roomOf(file: URL): string {
  const room = pathOf(file.href).replace(/^src\//, "").split("/")[0];
  return PARTS_OF_SERVER.includes(room) ? "server" : room;
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
    for (const { name } of imports) {
      const target = modules.get(name);
      if (target === undefined && !name.startsWith("file:")) continue;
      const upwards = target === undefined || ROOMS.indexOf(target.room) < ROOMS.indexOf(room);
      if (upwards) wrong.push(`${pathOf(file.href)} imports ${pathOf(name)}`);
    }
  }
  assertEquals(wrong, []);
});

// Files of one room may well know each other's types; those of different rooms can't, by the test above.
Deno.test("imports of more than types have no circles", () => {
  const modules = readModules();
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (name: string, path: string[]) => {
    if (path.includes(name)) {
      circles.push([...path.slice(path.indexOf(name)), name].map(pathOf).join(" > "));
    } else if (!done.has(name)) {
      for (const next of modules.get(name)?.imports ?? []) {
        if (!next.typesOnly) visit(next.name, [...path, name]);
      }
      done.add(name);
    }
  };
  for (const name of modules.keys()) visit(name, []);
  assertEquals(circles, []);
});

Deno.test("the program imports no packages but those that the README gives reasons for", () => {
  const packages = new Set<string>();
  for (const { imports } of readModules().values()) {
    for (const { name } of imports) if (!/^(file|node):/.test(name)) packages.add(name);
  }
  assertEquals([...packages].sort(), PACKAGES);
});
