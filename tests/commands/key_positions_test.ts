/** Key positions from key specifications, compared with what a real redis-server derives from the same. */

import { assert, assertEquals } from "@std/assert";
import { CallKeys } from "../../src/access/call_keys.ts";
import { type KeyFlag, keyFlagBits, keyFlagsOf } from "../../src/access/key_flags.ts";
import { keyAt, keyCount, keyRange } from "../../src/commands/arguments.ts";
import type { CommandDescription, KeyFinder, KeySpec } from "../../src/commands/description.ts";
import { CommandKeys, hasMovableKeys, legacyKeys } from "../../src/commands/key_positions.ts";
import { Frame } from "../../src/resp/frame.ts";
import { entries } from "../differential/command_docs.ts";
import type { RawClient } from "../support/raw_client.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { leaves, type Reply } from "../support/reply.ts";

function declare(keys: readonly KeySpec[], more: Partial<CommandDescription> = {}) {
  return {
    name: "test",
    summary: "",
    since: "1.0.0",
    group: "generic",
    arity: -1,
    flags: [],
    keys,
    ...more,
  } satisfies CommandDescription;
}

const COUNTED: KeySpec = {
  flags: ["RO", "access"],
  begin: { type: "index", index: 1 },
  find: { type: "keynum", keyNumIndex: 0, firstKey: 1, step: 1 },
};
const CHANNEL: KeySpec = {
  flags: ["not_key"],
  begin: { type: "index", index: 1 },
  find: { type: "range", lastKey: 0, step: 1, limit: 0 },
};

/** A finder that finds the key at an argument. */
function findsAt(position: number): KeyFinder {
  return (_, keys) => keys.addOne(position, keyFlagBits(["OW", "update"]));
}

/** The keys of a call, each as its position and its flags. */
function find(
  command: CommandDescription,
  args: readonly string[],
  how: "find" | "findUsed" = "find",
): string[] {
  const keys = new CallKeys();
  // What was found for the call before is forgotten.
  keys.add(1, 5, 2, 0);
  keys.next();
  new CommandKeys(command)[how](Frame.fromStrings(args), keys);
  return listKeys(keys, String);
}

function listKeys(keys: CallKeys, show: (position: number) => string): string[] {
  const { count } = keys;
  const listed: string[] = [];
  while (keys.next()) listed.push([show(keys.position), ...keyFlagsOf(keys.flags)].join(" "));
  assertEquals(listed.length, count);
  return listed;
}

Deno.test("CommandKeys asks the command's own finder when a specification is unsure of its flags", () => {
  const specs = [keyAt(1, ["RW", "access", "update", "variable_flags"])];
  const args = ["TEST", "a"];
  assertEquals(find(declare(specs, { findKeys: findsAt(1) }), args), ["1 OW update"]);
  assertEquals(find(declare(specs), args), ["1 RW access update variable_flags"]);
});

Deno.test("CommandKeys asks the command's own finder when a specification does not fit", () => {
  const command = declare([keyAt(1, ["RO"]), { ...COUNTED, begin: { type: "index", index: 2 } }], {
    findKeys: findsAt(3),
  });
  assertEquals(find(command, ["TEST", "x", "y", "a"]), ["3 OW update"]);
  assertEquals(find(command, ["TEST", "x", "2", "a", "b"]), [
    "1 RO",
    "3 RO access",
    "4 RO access",
  ]);
});

Deno.test("CommandKeys asks the command's own finder first when a use is looked for", () => {
  const command = declare([keyAt(1, ["RO"])], { findKeys: findsAt(2) });
  assertEquals(find(command, ["TEST", "a", "b"], "find"), ["1 RO"]);
  assertEquals(find(command, ["TEST", "a", "b"], "findUsed"), ["2 OW update"]);
});

Deno.test("CommandKeys takes shard channels for keys when a use is looked for, and else not", () => {
  const command = declare([CHANNEL]);
  assertEquals(find(command, ["TEST", "a"], "find"), []);
  assertEquals(find(command, ["TEST", "a"], "findUsed"), ["1 not_key"]);
});

Deno.test("CommandKeys finds nothing when the number of keys is larger than any array", () => {
  for (const count of ["9007199254740991", "99999999999999999999", "-1", "0", "", "2147483649"]) {
    assertEquals(find(declare([COUNTED]), ["TEST", count, "a"]), [], count);
  }
});

Deno.test("CommandKeys takes keys without flags when their number is one in C's grammar only", () => {
  const counted = declare([keyAt(1, ["OW", "update"]), keyCount(2, ["RO"])]);
  assertEquals(find(counted, ["TEST", "d", "2", "a", "b"]), ["1 OW update", "3 RO", "4 RO"]);
  for (const count of ["2.0", "+2", " 2", "02", "2x", "-4294967294"]) {
    assertEquals(find(counted, ["TEST", "d", count, "a", "b"]), ["3", "4", "1"], count);
  }
  for (const count of ["3.0", "0x2", "+", "- 2", "x2", "18446744073709551618"]) {
    assertEquals(find(counted, ["TEST", "d", count, "a", "b"]), [], count);
  }
});

Deno.test("CommandKeys reads no more than 32 bits of a number of keys", () => {
  for (const count of ["4294967297", "9007199254740993"]) {
    assertEquals(find(declare([COUNTED]), ["TEST", count, "a", "b"]), ["2 RO access"], count);
  }
});

Deno.test("CommandKeys passes a specification over when its keyword is missing or comes last", () => {
  const behind = (startFrom: number, ...flags: KeyFlag[]): KeySpec => ({
    flags,
    begin: { type: "keyword", keyword: "keys", startFrom },
    find: { type: "range", lastKey: -1, step: 1, limit: 0 },
  });
  const forwards = declare([keyAt(1, ["RO"]), behind(2, "OW")]);
  assertEquals(find(forwards, ["TEST", "a", "KEYS", "b", "c"]), ["1 RO", "3 OW", "4 OW"]);
  assertEquals(find(forwards, ["TEST", "a", "x", "b"]), ["1 RO"]);
  assertEquals(find(forwards, ["TEST", "a", "x", "KEYS"]), ["1 RO"]);
  const backwards = declare([keyAt(1, ["RO"]), behind(-2, "OW", "incomplete")], {
    findKeys: findsAt(5),
  });
  assertEquals(find(backwards, ["TEST", "a", "x", "KEYS"]), ["1 RO"]);
  assertEquals(find(backwards, ["TEST", "KEYS", "x", "y"]), ["1 RO"]);
  assertEquals(find(backwards, ["TEST", "a", "keys", "x", "y", "z"]), ["5 OW update"]);
});

Deno.test("CommandKeys has no keys when all specifications are of channels", () => {
  const exist = (...command: Parameters<typeof declare>) =>
    new CommandKeys(declare(...command)).exist;
  assertEquals(exist([CHANNEL]), false);
  assertEquals(exist([]), false);
  assertEquals(exist([], { findKeys: () => {} }), true);
  assertEquals(exist([COUNTED]), true);
});

Deno.test("CommandKeys knows the place of the only key when every call has just that one", () => {
  const only = (...specs: KeySpec[]) => new CommandKeys(declare(specs)).only;
  assertEquals(only(keyAt(2, ["RO", "access"])), 2);
  assertEquals(only(keyAt(1, ["RW", "variable_flags"])), 1);
  assertEquals(only(keyAt(1, ["RO"]), keyAt(2, ["OW"])), 0);
  assertEquals(only(keyAt(1, ["RO", "incomplete"])), 0);
  assertEquals(only(keyRange(1, -1, 1, ["RO"])), 0);
  assertEquals(only(COUNTED), 0);
  assertEquals(only(CHANNEL), 0);
  assertEquals(only(), 0);
});

/** A command of the reference with what COMMAND INFO says of it. */
interface Described {
  readonly declaration: CommandDescription;
  readonly legacy: { first: number; last: number; step: number };
  readonly isMovable: boolean;
}

function describe(reply: Reply): Described[] {
  const [name, arity, flags, first, last, step, , , keys, subcommands] = reply.children!;
  const declaration = declare(keys.children!.map(readSpec), {
    name: name.text!,
    arity: Number(arity.text),
    flags: leaves(flags) as CommandDescription["flags"],
  });
  const [a, b, c] = [first, last, step].map(({ text }) => Number(text));
  return [
    {
      declaration,
      legacy: { first: a, last: b, step: c },
      isMovable: leaves(flags).includes("movablekeys"),
    },
    ...(subcommands.children ?? []).flatMap(describe),
  ];
}

function readSpec(reply: Reply): KeySpec {
  const parts = new Map(entries(reply));
  const search = (name: string) => {
    const fields = new Map(entries(parts.get(name)!));
    const spec = new Map(entries(fields.get("spec")!));
    return {
      type: fields.get("type")!.text!,
      number: (field: string) => Number(spec.get(field)?.text),
      text: (field: string) => spec.get(field)?.text ?? "",
    };
  };
  const begin = search("begin_search"), find = search("find_keys");
  return {
    flags: leaves(parts.get("flags")!) as KeyFlag[],
    begin: begin.type === "index"
      ? { type: "index", index: begin.number("index") }
      : begin.type === "keyword"
      ? { type: "keyword", keyword: begin.text("keyword"), startFrom: begin.number("startfrom") }
      : { type: "unknown" },
    find: find.type === "range"
      ? {
        type: "range",
        lastKey: find.number("lastkey"),
        step: find.number("keystep"),
        limit: find.number("limit"),
      }
      : find.type === "keynum"
      ? {
        type: "keynum",
        keyNumIndex: find.number("keynumidx"),
        firstKey: find.number("firstkey"),
        step: find.number("keystep"),
      }
      : { type: "unknown" },
  };
}

/** What a call of a command has for keys, as COMMAND GETKEYSANDFLAGS shows it; null for an error. */
async function theirKeys(client: RawClient, call: readonly string[]): Promise<string | null> {
  const reply = await client.call("COMMAND", "GETKEYSANDFLAGS", ...call);
  if (reply.children === undefined) return null;
  return reply.children.map((one) => leaves(one).join(" ")).join(", ");
}

function ourKeys(command: CommandDescription, call: readonly string[]): string | null {
  const keys = new CallKeys();
  new CommandKeys(command).find(Frame.fromStrings(call), keys);
  if (keys.count === 0) return command.flags.includes("no_mandatory_keys") ? "" : null;
  return listKeys(keys, (position) => call[position]).join(", ");
}

referenceTest("key positions are the reference's for every command of it", async (t) => {
  await using server = await startReference();
  const client = await server.connect();
  const commands = (await client.call("COMMAND")).children!.flatMap(describe);
  assert(commands.length > 300);

  await t.step("first key, last key, step, and whether keys are movable", () => {
    for (const { declaration, legacy, isMovable } of commands) {
      assertEquals(legacyKeys(declaration), legacy, declaration.name);
      assertEquals(hasMovableKeys(declaration), isMovable, declaration.name);
    }
  });

  await t.step("keys of calls with words that mean something to some command", async () => {
    let compared = 0;
    for (const { declaration } of commands) {
      const { name, arity, keys = [] } = declaration;
      // The others need a finder of their own, which comes with the command.
      const decided = keys.length > 0 && new CommandKeys(declaration).exist &&
        keys.every(({ flags, begin }) =>
          begin.type !== "unknown" && (begin.type !== "keyword" || keys.length === 1) &&
          !flags.some((flag) => flag === "variable_flags" || flag === "incomplete")
        );
      if (!decided) continue;
      for (const call of callsOf(name.split("|"), arity)) {
        assertEquals(ourKeys(declaration, call), await theirKeys(client, call), call.join(" "));
        compared++;
      }
    }
    assert(compared > 1000, `${compared} calls`);
  });
});

/** Calls of all acceptable lengths up to seven arguments, with numbers and keywords at odd places. */
function callsOf(words: readonly string[], arity: number): string[][] {
  const fillings = [
    ["a", "b", "c", "d", "e", "f"],
    ["a", "2", "c", "d", "e", "f"],
    ["2", "b", "c", "d", "e", "f"],
    ["a", "1", "1", "1", "1", "1"],
    ["a", "b", "streams", "d", "e", "f"],
    ["GROUP", "b", "c", "STREAMS", "e", "f"],
  ];
  const calls: string[][] = [];
  for (let length = Math.max(Math.abs(arity), words.length); length <= 7; length++) {
    for (const filling of fillings) {
      calls.push([...words, ...filling.slice(0, length - words.length)]);
    }
    if (arity > 0) break;
  }
  return calls;
}
