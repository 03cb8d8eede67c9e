/** Compares what both servers say about their commands, and calls that are generated from it. */

import { assert, assertEquals } from "@std/assert";
import { escapeBytes } from "../support/quoting.ts";
import { RawClient } from "../support/raw_client.ts";
import { referenceTest } from "../support/reference.ts";
import { leaves, type Reply } from "../support/reply.ts";
import { entries, readCommandDocs } from "./command_docs.ts";
import { CREATORS, generateCalls } from "./generated_calls.ts";
import { readList } from "./lists.ts";
import { comparesReferenceWithItself, Pair } from "./pair.ts";

/** Generated calls whose replies tell of time or memory: the type of the reply is compared. */
const ONLY_THE_TYPE = new Set(["xadd", "memory|usage"]);
/** Commands that would reach out to another server, or put the connection into another mode. */
const NOT_CALLED = new Set(["migrate", "ssubscribe", "sunsubscribe", "psync"]);

referenceTest("miniredis describes and checks its commands as redis-server does", async (t) => {
  await using pair = await Pair.start();
  const ours = (await pair.actual.texts("COMMAND", "LIST")).sort();
  const theirs = (await pair.expected.texts("COMMAND", "LIST")).sort();
  const stillToCome = readList("still_to_come.txt");

  await t.step("COMMAND LIST is the reference's without still_to_come.txt", () => {
    assertEquals(ours.filter((name) => !theirs.includes(name)), []);
    if (comparesReferenceWithItself()) return;
    assertEquals(theirs.filter((name) => !ours.includes(name)), stillToCome);
  });

  await t.step("COMMAND COUNT counts what COMMAND LIST lists without subcommands", async () => {
    const [count] = await pair.actual.texts("COMMAND", "COUNT");
    assertEquals(Number(count), ours.filter((name) => !name.includes("|")).length);
  });

  for (const protocol of [2, 3] as const) {
    await t.step(`COMMAND INFO in RESP${protocol}`, async () => {
      await expectSame(pair, protocol, ours.map((name) => ["COMMAND", "INFO", name]), {
        view: (reply) => commandInfoView(reply.children?.[0], ours),
      });
    });
    await t.step(`COMMAND DOCS in RESP${protocol}`, async () => {
      const containers = ours.filter((name) => !name.includes("|"));
      await expectSame(pair, protocol, containers.map((name) => ["COMMAND", "DOCS", name]), {
        view: (reply) => docsView(reply, ours),
      });
    });
    await t.step(`wrong numbers of arguments in RESP${protocol}`, async () => {
      await expectSame(pair, protocol, await arityCalls(pair, ours));
    });
  }

  const docs = await readCommandDocs(pair.expected.control);
  const withKeys = await commandsWithKeys(pair, ours);
  const calls = withKeys.flatMap((name) => generateCalls(docs.get(name)!));
  const creators = Object.entries(CREATORS).filter(([, [command]]) =>
    ours.includes(command.toLowerCase())
  );
  for (const protocol of [2, 3] as const) {
    for (const [type, creator] of creators) {
      await t.step(`generated calls on ${type} in RESP${protocol}`, async () => {
        assert(calls.length > 100, "hardly any call was generated");
        await expectSame(pair, protocol, calls, { before: [["FLUSHALL"], [...creator]] });
      });
    }
  }
  for (const subcommand of ["GETKEYS", "GETKEYSANDFLAGS"]) {
    await t.step(`COMMAND ${subcommand} of generated calls`, async () => {
      await expectSame(pair, 2, calls.map((call) => ["COMMAND", subcommand, ...call]));
    });
  }
});

interface Comparison {
  /** Sent before each call; the replies are not compared. */
  readonly before?: readonly string[][];
  /** What of a reply is compared; the raw bytes if not given. */
  readonly view?: (reply: Reply) => string;
}

/** Sends the same calls to both servers on fresh connections and fails with all differences. */
async function expectSame(
  pair: Pair,
  protocol: 2 | 3,
  calls: readonly string[][],
  { before = [], view }: Comparison = {},
): Promise<void> {
  const [expected, actual] = await Promise.all(pair.sides.map(async ({ server }) => {
    const client = await RawClient.connect(server.port);
    try {
      if (protocol === 3) await client.texts("HELLO", "3");
      const replies: Reply[] = [];
      for (let at = 0; at < calls.length; at += 50) {
        const part = calls.slice(at, at + 50);
        const all = await client.pipeline(part.flatMap((call) => [...before, call]));
        replies.push(...all.filter((_, i) => i % (before.length + 1) === before.length));
      }
      return replies;
    } finally {
      await client.close();
    }
  }));
  const differences: string[] = [];
  calls.forEach((call, i) => {
    const show = view ?? (onlyTheType(call) ? typeView : (reply: Reply) => reply.raw);
    const a = show(expected[i]), b = show(actual[i]);
    if (a === b) return;
    const command = call.map((arg) => escapeBytes(arg, 100) || '""').join(" ");
    differences.push(
      `${command}\n    redis-server: ${escapeBytes(a)}\n    miniredis: ${escapeBytes(b)}`,
    );
  });
  if (differences.length > 0) {
    const shown = differences.slice(0, 30).join("\n");
    throw new Error(`${differences.length} differences\n${shown}`);
  }
}

function onlyTheType([command, subcommand]: readonly string[]): boolean {
  const name = command.toLowerCase();
  return ONLY_THE_TYPE.has(name) || ONLY_THE_TYPE.has(`${name}|${subcommand?.toLowerCase()}`);
}

function typeView(reply: Reply): string {
  return reply.type + (reply.type === "-" ? reply.text : "");
}

/** A reply without the notes of key specifications, which are sentences that ours has in its own words. */
function withoutNotes(reply: Reply): string {
  const { children } = reply;
  if (!children) return reply.raw;
  const kept = children.filter((_, i) => children[i - 1]?.text !== "notes");
  return `${reply.type}${children.length}(${kept.map(withoutNotes).join("")})`;
}

/** COMMAND INFO's entry; its sub-commands come in random order, and ours may still miss some. */
function commandInfoView(reply: Reply | undefined, ours: readonly string[]): string {
  if (!reply?.children) return reply?.raw ?? "";
  const SUBCOMMANDS = 9;
  return reply.children.map((child, i) => {
    if (i !== SUBCOMMANDS || !child.children) return withoutNotes(child);
    return child.children
      .filter((one) => ours.includes(one.children?.[0].text ?? ""))
      .map((one) => commandInfoView(one, ours)).sort().join("");
  }).join("");
}

/**
 * COMMAND DOCS as lines of `path = value`. Masked, because they are sentences that ours has in its own
 * words: summary, the text of a history entry, and what follows the first `O(…)` of the complexity.
 */
function docsView(reply: Reply, ours: readonly string[]): string {
  const lines: string[] = [];
  for (const [name, fields] of entries(reply)) {
    if (!ours.includes(name)) continue;
    for (const [field, value] of entries(fields)) {
      if (field === "subcommands") lines.push(docsView(value, ours));
      else if (field === "summary") lines.push(`${name} summary ${value.text ? "text" : "empty"}`);
      else if (field === "complexity") {
        lines.push(`${name} complexity ${/^O\([^)]*\)+/.exec(value.text ?? "")?.[0]}`);
      } else if (field === "history") {
        const versions = value.children?.map((entry) => entry.children?.[0].text);
        lines.push(`${name} history ${value.type} ${versions?.join(" ")}`);
      } else lines.push(`${name} ${field} ${value.raw}`);
    }
  }
  return lines.sort().join("\n");
}

/** For every command one argument too few, and one too many where the number is fixed. */
async function arityCalls(pair: Pair, names: readonly string[]): Promise<string[][]> {
  const calls: string[][] = [];
  for (const name of names) {
    const info = await pair.expected.control.call("COMMAND", "INFO", name);
    const arity = Number(info.children![0].children![1].text);
    const words = name.split("|");
    const call = (length: number) => [
      ...words,
      ...Array.from({ length: length - words.length }, () => "x"),
    ];
    if (arity > 0) calls.push(call(arity + 1));
    if (Math.abs(arity) - 1 >= words.length) calls.push(call(Math.abs(arity) - 1));
  }
  return calls;
}

async function commandsWithKeys(pair: Pair, names: readonly string[]): Promise<string[]> {
  const KEY_SPECIFICATIONS = 8, SUBCOMMANDS = 9;
  const found: string[] = [];
  for (const name of names) {
    if (NOT_CALLED.has(name)) continue;
    const info = (await pair.expected.control.call("COMMAND", "INFO", name)).children![0];
    const isContainer = info.children![SUBCOMMANDS].children!.length > 0;
    if (!isContainer && leaves(info.children![KEY_SPECIFICATIONS]).length > 0) found.push(name);
  }
  return found;
}
