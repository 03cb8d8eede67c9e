/**
 * Keeps the README true: its generated parts, and what it tells the reader to type.
 *
 *     deno task readme    # writes the generated parts
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ALL_COMMANDS } from "../src/commands/mod.ts";
import type { ServerContext } from "../src/commands/context.ts";
import type { CommandDeclaration } from "../src/commands/declaration.ts";
import { DIRECTIVE_NAMES, directiveOf } from "../src/config/directives.ts";
import { ManualClock, startServer } from "../src/mod.ts";
import { readList } from "./differential/lists.ts";
import { referenceTest } from "./support/reference.ts";
import { TempDir } from "./support/temp_dir.ts";
import { PATIENCE } from "./support/wait_for.ts";

const PROJECT = new URL("../", import.meta.url);
const FILE = new URL("README.md", PROJECT);
const WRITES = Deno.args.includes("--write");

/** The parts of the README between `<!-- begin: name … -->` and `<!-- end: name -->`. */
const GENERATED: Record<string, () => string> = {
  directives: directivesWithoutEffect,
  commands: () => `${commandTables()}\n${commandsToCome()}`,
};

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

function directivesWithoutEffect(): string {
  const byReason = new Map<string, string[]>();
  for (const name of DIRECTIVE_NAMES) {
    const { meaningless, hidden } = directiveOf(name);
    if (meaningless === undefined || hidden) continue;
    const names = byReason.get(meaningless) ?? [];
    names.push(`\`${name}\``);
    byReason.set(meaningless, names);
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

function regenerate(text: string): string {
  for (const [name, make] of Object.entries(GENERATED)) {
    const part = new RegExp(`(<!-- begin: ${name}\\b[^>]*-->\n)[^]*?(<!-- end: ${name} -->)`);
    assert(part.test(text), `the README has no part ${name}`);
    text = text.replace(part, (_, begin, end) => `${begin}\n${make()}\n${end}`);
  }
  return text;
}

/** The README's code blocks of a language. */
function blocks(language: string): string[] {
  return Array.from(
    Deno.readTextFileSync(FILE).matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, "gm")),
    ([, code]) => code,
  );
}

Deno.test("the README's tables are those that the declarations give", () => {
  const text = Deno.readTextFileSync(FILE), fresh = regenerate(text);
  if (WRITES && fresh !== text) Deno.writeTextFileSync(FILE, fresh);
  else assert(fresh === text, "the README is out of date: run `deno task readme`");
});

Deno.test("the README names every task, and no other", () => {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", PROJECT)));
  const text = Deno.readTextFileSync(FILE);
  const listed = Array.from(text.matchAll(/^\| `deno task (\S+)`/gm), ([, name]) => name);
  assertEquals(listed.toSorted(), Object.keys(tasks).sort());
  for (const [, name] of text.matchAll(/\bdeno(?:@[\d.]+)? task ([a-z][a-z:]*)/g)) {
    assert(name in tasks, `there is no task ${name}`);
  }
});

Deno.test("the README's links lead to files", () => {
  const links = Deno.readTextFileSync(FILE).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g);
  for (const [, path] of links) assert(Deno.statSync(new URL(path, PROJECT)), path);
});

Deno.test("the README's example of a command is the source's", () => {
  const quoted = blocks("ts").map((code) => /^\/\/ (src\/\S+)\n([^]*)$/.exec(code))
    .filter((match) => match !== null);
  assertEquals(quoted.length, 1);
  const [[, path, code]] = quoted;
  const source = Deno.readTextFileSync(new URL(path, PROJECT));
  for (const declaration of code.split(/\n(?=export )/)) {
    assertStringIncludes(source, declaration.trim());
  }
});

Deno.test("the README's programs run", async () => {
  await using server = await startServer();
  await using directory = await TempDir.create("readme-");
  const programs = blocks("ts").filter((code) => code.startsWith("import "));
  assertEquals(programs.length, 2);
  for (const [index, code] of programs.entries()) {
    const isTest = code.includes("Deno.test(");
    const file = `${directory.path}/program${index}${isTest ? "_test" : ""}.ts`;
    await Deno.writeTextFile(
      file,
      code.replaceAll('"./src/', `"${PROJECT.href}src/`)
        .replace("redis://127.0.0.1:6379", server.url),
    );
    const { code: exitCode, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        isTest ? "test" : "run",
        "-A",
        "--config",
        new URL("deno.json", PROJECT).pathname,
        file,
      ],
      env: { NO_COLOR: "1" },
      signal: AbortSignal.timeout(PATIENCE),
    }).output();
    const output = new TextDecoder().decode(stdout);
    assertEquals(exitCode, 0, output + new TextDecoder().decode(stderr));
    if (isTest) assertStringIncludes(output, "1 passed");
    else assertEquals(output, "hello\n");
  }
});

referenceTest("the README's redis-cli session is what redis-cli prints", async () => {
  // The clock stands still, so a TTL is what it was however slow the machine is.
  await using server = await startServer({ clock: new ManualClock() });
  const [session] = blocks("console");
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
