/**
 * Keeps the documentation true: its generated parts, its links, and what it tells the reader to type.
 *
 *     deno task docs    # writes the generated parts
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ALL_COMMANDS } from "../src/commands/mod.ts";
import type { ServerContext } from "../src/commands/context.ts";
import type { CommandDeclaration } from "../src/commands/declaration.ts";
import { MINIREDIS_VERSION } from "../src/config/command_line.ts";
import type { Directive } from "../src/config/directive.ts";
import { DIRECTIVE_NAMES, directiveOf } from "../src/config/directives.ts";
import { ManualClock, startServer } from "../src/mod.ts";
import { readList } from "./differential/lists.ts";
import { amount } from "./support/long_test.ts";
import { referenceTest } from "./support/reference.ts";
import { TempDir } from "./support/temp_dir.ts";
import { PATIENCE } from "./support/wait_for.ts";

const PROJECT = new URL("../", import.meta.url);
const WRITES = Deno.args.includes("--write");

/** Every page, as a path in the project. */
const PAGES = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"],
  ...pagesIn("docs/"),
  ...pagesIn("src/"),
  ...["bench/README.md", "tests/differential/README.md"],
  ...["npm/README.md", "npm/runtime/README.md"],
];

/** Whether the types are looked at, which takes as long as all the rest. */
const PAGE_CHECKS = amount({ quick: "--no-check", full: "--check", long: "--check" });

/** The README has about so many lines, or nobody reads it. */
const LONGEST_README = 165;

/** Parts of pages between `<!-- begin: name … -->` and `<!-- end: name -->`. */
const GENERATED: readonly { page: string; name: string; make: () => string }[] = [
  {
    page: "docs/directives.md",
    name: "refused",
    make: () => directivesThat(({ fixed }) => fixed),
  },
  {
    page: "docs/directives.md",
    name: "directives",
    make: () => directivesThat(({ meaningless }) => meaningless),
  },
  {
    page: "docs/directives.md",
    name: "partial",
    make: () => directivesThat(({ partial }) => partial),
  },
  {
    page: "docs/commands.md",
    name: "commands",
    make: () => `${commandTables()}\n${commandsToCome()}`,
  },
];

function commandTables(): string {
  const groups = Map.groupBy(ALL_COMMANDS, ({ group }) => group);
  return [...groups.keys()].sort().map((group) => {
    const commands = (groups.get(group) ?? []).toSorted((a, b) => a.name < b.name ? -1 : 1);
    return table([`${group}`, "since", "what it does"], commands.flatMap(rowsOf));
  }).join("\n");
}

/** A row for a command; for one that is nothing without its subcommands, a row for each of those. */
function rowsOf(command: CommandDeclaration<ServerContext>): string[][] {
  const row = (name: string, { since, summary, deprecated }: CommandDeclaration<ServerContext>) => {
    const old = deprecated ? ` (deprecated since ${deprecated.since})` : "";
    return [`\`${name.toUpperCase()}\``, since, escapeCell(summary + old)];
  };
  const subcommands = (command.subcommands ?? []).toSorted((a, b) => a.name < b.name ? -1 : 1);
  return [
    ...command.run ? [row(command.name, command)] : [],
    ...subcommands.filter(({ name }) => name !== "help")
      .map((subcommand) => row(`${command.name} ${subcommand.name}`, subcommand)),
  ];
}

function commandsToCome(): string {
  const toCome = readList("still_to_come.txt").map((name) =>
    `\`${name.replace("|", " ").toUpperCase()}\``
  );
  const containers = new Set(toCome.filter((name) => !name.includes(" ")));
  const names = toCome.filter((name) => !containers.has(`${name.split(" ")[0]}\``));
  if (names.length === 0) return "That is every command of Redis 7.0.\n";
  return wrap(`Of Redis 7.0's commands, these are still to come: ${names.join(", ")}.`);
}

/** A list of the directives of which something is said, those with the same reason together. */
function directivesThat(reasonOf: (directive: Directive<unknown>) => string | undefined): string {
  const byReason = new Map<string, string[]>();
  for (const name of DIRECTIVE_NAMES) {
    const directive = directiveOf(name), reason = reasonOf(directive);
    if (reason === undefined || directive.hidden) continue;
    const names = byReason.get(reason) ?? [];
    names.push(`\`${name}\``);
    byReason.set(reason, names);
  }
  return Array.from(byReason, ([reason, names]) => wrap(`- ${names.join(", ")}: ${reason}`, "  "))
    .join("");
}

/** A Markdown table, its columns padded as `deno fmt` would. */
function table(head: string[], rows: string[][]): string {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i].length)));
  const line = (cells: string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |\n`;
  return line(head) + line(widths.map((width) => "-".repeat(width))) + rows.map(line).join("");
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** Lines as `deno fmt` breaks them: code is not broken, lines but the first begin with `indent`. */
function wrap(text: string, indent = ""): string {
  let lines = "", line = "";
  for (const word of text.split(/ (?![A-Z]+`)/)) {
    if (line !== "" && line.length + word.length >= 100) {
      lines += `${line}\n`;
      line = indent + word;
    } else {
      line += line === "" ? word : ` ${word}`;
    }
  }
  return `${lines}${line}\n`;
}

function* pagesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, PROJECT))) {
    if (isDirectory) yield* pagesIn(`${folder}${name}/`);
    else if (name.endsWith(".md")) yield folder + name;
  }
}

function readText(path: string): string {
  return Deno.readTextFileSync(new URL(path, PROJECT));
}

/** A page's code blocks of a language. */
function blocks(page: string, language: string): string[] {
  return Array.from(
    readText(page).matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, "gm")),
    ([, code]) => code,
  );
}

/** The text of a page without its code blocks. */
function prose(page: string): string {
  return readText(page).replace(/^ *```[^]*?^ *```/gm, "");
}

/** The names by which links reach the headings of a page. */
function anchors(page: string): string[] {
  return Array.from(
    prose(page).matchAll(/^#+ (.+)$/gm),
    ([, heading]) => heading.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-"),
  );
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Record<string, string>;
  readonly tasks: Record<string, { command: string }>;
  readonly imports: Record<string, string>;
  readonly scopes: Record<string, Record<string, string>>;
}

function manifest(): Manifest {
  return JSON.parse(readText("deno.json"));
}

for (const { page, name, make } of GENERATED) {
  Deno.test(`the part ${name} of ${page} is what the declarations give`, () => {
    const text = readText(page);
    const part = new RegExp(`(<!-- begin: ${name}\\b[^>]*-->\n)[^]*?(<!-- end: ${name} -->)`);
    assert(part.test(text), `${page} has no part ${name}`);
    const fresh = text.replace(part, (_, begin, end) => `${begin}\n${make()}\n${end}`);
    if (WRITES && fresh !== text) Deno.writeTextFileSync(new URL(page, PROJECT), fresh);
    else assert(fresh === text, `${page} is out of date: run \`deno task docs\``);
  });
}

Deno.test("the README names every task, and no page names another", () => {
  const { tasks } = manifest();
  const listed = Array.from(
    readText("README.md").matchAll(/^\| `deno task (\S+)`/gm),
    ([, name]) => name,
  );
  assertEquals(listed.toSorted(), Object.keys(tasks).sort());
  for (const page of [...PAGES, ".ci/run"]) {
    for (const [, name] of readText(page).matchAll(/\bdeno(?:@[\d.]+)? task ([a-z][a-z:]*)/g)) {
      assert(name in tasks, `${page}: there is no task ${name}`);
    }
  }
});

Deno.test("the README is short", () => {
  const lines = readText("README.md").split("\n").length;
  assert(lines <= LONGEST_README, `${lines} lines`);
});

Deno.test("links of the pages lead to files and headings", () => {
  const wrong: string[] = [];
  for (const page of PAGES) {
    for (const [, path, anchor] of prose(page).matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)) {
      const target = path === "" ? page : new URL(path, new URL(page, PROJECT)).href
        .slice(PROJECT.href.length);
      try {
        Deno.statSync(new URL(target, PROJECT));
        if (anchor !== "" && !anchors(target).includes(anchor)) wrong.push(`${page}: #${anchor}`);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        wrong.push(`${page}: ${path}`);
      }
    }
  }
  assertEquals(wrong, []);
});

Deno.test("files that the commands of the pages name are there", () => {
  const wrong: string[] = [];
  let count = 0;
  for (const page of PAGES) {
    const commands = [...blocks(page, "sh"), ...readText(page).match(/^ {4,}deno .*$/gm) ?? []];
    for (const [path] of commands.join("\n").matchAll(/\b(?:bench|examples|src|tests)\/[\w./]*/g)) {
      count++;
      try {
        Deno.statSync(new URL(path, PROJECT));
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        wrong.push(`${page}: ${path}`);
      }
    }
  }
  assert(count > 5, `${count} paths`);
  assertEquals(wrong, []);
});

Deno.test("every page can be reached from the README", () => {
  const reached = new Set<string>(["README.md"]);
  for (const page of reached) {
    for (const [, path] of prose(page).matchAll(/\]\((?!https?:)([^)#]+\.md)[^)]*\)/g)) {
      reached.add(new URL(path, new URL(page, PROJECT)).href.slice(PROJECT.href.length));
    }
  }
  assertEquals(PAGES.filter((page) => !reached.has(page)), []);
});

Deno.test("docs/architecture.md lists the rooms in their order, and each has a README", () => {
  const [, list] = /const ROOMS = \[([^]*?)\];/.exec(readText("tests/architecture_test.ts")) ?? [];
  const [, table] = prose("docs/architecture.md").split(/^(?=\| room)|^## The way/m);
  const rooms = Array.from(list.matchAll(/"(.+)"/g), ([, room]) => room);
  const listed = Array.from(
    table.matchAll(/^\| (?:`|\[)(?:src\/)?([a-z]+(?:\.ts)?)[/`\]]/gm),
    ([, room]) => room,
  );
  assertEquals(listed, rooms);
  const folders = [...Deno.readDirSync(new URL("src/", PROJECT))]
    .filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  assertEquals(folders.filter((name) => !PAGES.includes(`src/${name}/README.md`)), []);
});

Deno.test("deno.json says who we are as the source and the papers do", () => {
  const { version, license, exports } = manifest();
  assertEquals(version, MINIREDIS_VERSION);
  assertStringIncludes(readText("LICENSE"), `${license} License`);
  assertStringIncludes(readText("CHANGELOG.md"), "## [Unreleased]");
  for (const path of Object.values(exports)) assert(Deno.statSync(new URL(path, PROJECT)).isFile);
});

Deno.test("SECURITY.md lists the permissions of the server and the executable", () => {
  const { start, dev, compile } = manifest().tasks;
  const listed = Array.from(
    readText("SECURITY.md").matchAll(/^\| `(--allow-\S+)`/gm),
    ([, flag]) => flag,
  );
  for (const { command } of [start, dev, compile]) {
    assertEquals(command.match(/--allow-\S+/g), listed);
  }
});

Deno.test("what only tests import is downloaded with the tests", () => {
  const { imports, scopes } = manifest();
  const { npm } = JSON.parse(readText("src/deno.lock"));
  assertEquals(Object.keys(npm), ["deno-std@1.4.0"]);
  for (const name of Object.values(imports)) assert(name.startsWith("npm:deno-std@1.4.0/"), name);
  assertEquals(Object.keys(scopes), ["./bench/", "./examples/", "./npm/", "./tests/"]);
});

Deno.test("variables that docs/tests.md names are those that tests read", () => {
  const sources = ["support/long_test.ts", "support/wait_for.ts", "support/miniredis_process.ts"]
    .map((name) => readText(`tests/${name}`)).join("");
  const named = new Set(readText("docs/tests.md").match(/\bMINIREDIS_[A-Z_]+/g));
  assert(named.size > 0);
  assertEquals([...named].filter((name) => !sources.includes(`"${name}"`)), []);
});

Deno.test("the example of a command is the source's", () => {
  const quoted = blocks("CONTRIBUTING.md", "ts")
    .map((code) => /^\/\/ (src\/\S+)\n([^]*)$/.exec(code)).filter((match) => match !== null);
  assertEquals(quoted.length, 1);
  const [[, path, code]] = quoted;
  const source = readText(path);
  for (const declaration of code.split(/\n(?=export )/)) {
    assertStringIncludes(source, declaration.trim());
  }
});

/** Runs one of our programs as somebody else's, in a directory of its own; returns what it prints. */
async function runProgram(directory: string, code: string, flags: string[]): Promise<string> {
  const isTest = code.includes("Deno.test(");
  const file = `${directory}/program${isTest ? "_test" : ""}.ts`;
  await Deno.writeTextFile(file, code.replace(/"\.{1,2}\/src\//g, `"${PROJECT.href}src/`));
  const { code: exitCode, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    // `deno task check` looks at their types, which takes a minute on a loaded machine.
    args: [isTest ? "test" : "run", "--no-check", "--no-prompt", ...flags, file],
    cwd: directory,
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(PATIENCE),
  }).output();
  const output = new TextDecoder().decode(stdout);
  assertEquals(exitCode, 0, output + new TextDecoder().decode(stderr));
  return output;
}

Deno.test("the programs of the pages run", async () => {
  await using server = await startServer();
  await using directory = await TempDir.create("docs-");
  // They stand beside deno.json, where only what the server uses has short names.
  const { imports, scopes } = manifest();
  await Deno.writeTextFile(`${directory.path}/deno.json`, JSON.stringify({ imports }));
  const programs = ["README.md", "docs/embedding.md"].flatMap((page) => blocks(page, "ts"));
  const printed: string[] = [];
  for (const program of programs) {
    const [named] = /npm:redis@[\d.]+/.exec(program) ?? [];
    if (named !== undefined) assertEquals(named, scopes["./tests/"]["redis"]);
    const code = program.replace("redis://127.0.0.1:6379", server.url);
    const output = await runProgram(directory.path, code, ["-A"]);
    printed.push(/\d+ passed/.exec(output)?.[0] ?? output);
  }
  assertEquals(printed, ["1 passed", "127.0.0.1\n", "hello\n"]);
});

Deno.test("a program embeds the server without an import map, with the permissions that are listed", async () => {
  await using directory = await TempDir.create("docs-");
  await Deno.writeTextFile(`${directory.path}/deno.json`, "{}");
  const [program] = blocks("docs/embedding.md", "ts");
  assertStringIncludes(readText("docs/embedding.md"), "| `--allow-net=127.0.0.1`");
  const flags = ["--allow-net=127.0.0.1", `--allow-read=${directory.path}`];
  assertEquals(await runProgram(directory.path, program, flags), "127.0.0.1\n");
});

referenceTest("the README's redis-cli session is what redis-cli prints", async () => {
  // The clock stands still, so a TTL is what it was however slow the machine is.
  await using server = await startServer({ clock: new ManualClock() });
  const [session] = blocks("README.md", "console");
  for (const part of session.split(/^\$ /m).slice(1)) {
    const [typed, ...expected] = part.split("\n");
    // On a terminal redis-cli prints for people; --no-raw is what makes it do so here.
    const people = / --(pipe|scan)\b/.test(typed) ? "" : "--no-raw";
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", typed.replace(/\bredis-cli\b/, `redis-cli -p ${server.port} ${people}`)],
      signal: AbortSignal.timeout(PATIENCE),
    }).output();
    const printed = new TextDecoder().decode(stdout).trimEnd();
    assertEquals(printed, expected.join("\n").trimEnd(), typed);
  }
});

Deno.test("the blocks of docs/testing.md pass as the tests that they are", async () => {
  const code = blocks("docs/testing.md", "ts").join("\n");
  await using directory = await TempDir.create();
  const file = `${directory.path}/page_test.ts`;
  const source = code
    .replace('"../src/mod.ts"', JSON.stringify(new URL("src/mod.ts", PROJECT).href))
    // As this project's import map has it.
    .replace('"@std/assert"', '"npm:deno-std@1.4.0/assert/mod.js"');
  await Deno.writeTextFile(file, source);
  // A copy, as Deno takes out of it what the page does not need.
  const lock = `${directory.path}/deno.lock`;
  await Deno.copyFile(new URL("deno.lock", PROJECT), lock);
  const { code: status, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", `--lock=${lock}`, PAGE_CHECKS, file],
    env: { NO_COLOR: "1" },
    cwd: directory.path,
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(status, 0, output);
  const tests = (code.match(/^Deno\.test\(/gm) ?? []).length;
  assert(tests >= 14 && output.includes(`ok | ${tests} passed`), output);
});
