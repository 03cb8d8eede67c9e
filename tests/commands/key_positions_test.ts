/** Key positions from key specifications, compared with what a real redis-server derives from the same. */

import { assert, assertEquals } from "@std/assert";
import type { CommandDeclaration, KeyFlag, KeySpec } from "../../src/commands/declaration.ts";
import {
  findKeys,
  hasMovableKeys,
  legacyKeys,
  mayHaveKeys,
} from "../../src/commands/key_positions.ts";
import { Frame } from "../../src/resp/frame.ts";
import { entries } from "../differential/command_docs.ts";
import type { RawClient } from "../support/raw_client.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { leaves, type Reply } from "../support/reply.ts";

function declare(keys: readonly KeySpec[], more: Partial<CommandDeclaration> = {}) {
  return {
    name: "test",
    summary: "",
    since: "1.0.0",
    group: "generic",
    arity: -1,
    flags: [],
    keys,
    ...more,
  } satisfies CommandDeclaration;
}

const COUNTED: KeySpec = {
  flags: ["RO", "access"],
  begin: { type: "index", index: 1 },
  find: { type: "keynum", keyNumIndex: 0, firstKey: 1, step: 1 },
};

Deno.test("findKeys asks the command's own finder when a specification is unsure of its flags", () => {
  const keys: KeySpec[] = [{
    flags: ["RW", "access", "update", "variable_flags"],
    begin: { type: "index", index: 1 },
    find: { type: "range", lastKey: 0, step: 1, limit: 0 },
  }];
  const own = [{ position: 1, flags: ["OW", "update"] as const }];
  const args = Frame.fromStrings(["TEST", "a"]);
  assertEquals(findKeys(declare(keys, { findKeys: () => own }), args), own);
  assertEquals(findKeys(declare(keys), args), [{ position: 1, flags: keys[0].flags }]);
});

Deno.test("findKeys asks the command's own finder when a specification does not fit", () => {
  const declaration = declare([COUNTED], { findKeys: () => null });
  assertEquals(findKeys(declaration, Frame.fromStrings(["TEST", "x", "a"])), null);
  const found = findKeys(declaration, Frame.fromStrings(["TEST", "2", "a", "b"]));
  assertEquals(found?.map(({ position }) => position), [2, 3]);
});

Deno.test("findKeys finds nothing when the number of keys is larger than any array", () => {
  for (const count of ["9007199254740991", "99999999999999999999", "-1", "0", "", "x1"]) {
    assertEquals(
      findKeys(declare([COUNTED]), Frame.fromStrings(["TEST", count, "a"])),
      null,
      count,
    );
  }
});

Deno.test("mayHaveKeys is false when all specifications are of channels", () => {
  const channel: KeySpec = {
    flags: ["not_key"],
    begin: { type: "index", index: 1 },
    find: { type: "range", lastKey: 0, step: 1, limit: 0 },
  };
  assertEquals(mayHaveKeys(declare([channel])), false);
  assertEquals(mayHaveKeys(declare([])), false);
  assertEquals(mayHaveKeys(declare([], { findKeys: () => null })), true);
  assertEquals(findKeys(declare([channel]), Frame.fromStrings(["TEST", "c"])), null);
});

/** A command of the reference with what COMMAND INFO says of it. */
interface Described {
  readonly declaration: CommandDeclaration;
  readonly legacy: { first: number; last: number; step: number };
  readonly isMovable: boolean;
}

function describe(reply: Reply): Described[] {
  const [name, arity, flags, first, last, step, , , keys, subcommands] = reply.children!;
  const declaration = declare(keys.children!.map(readSpec), {
    name: name.text!,
    arity: Number(arity.text),
    flags: leaves(flags) as CommandDeclaration["flags"],
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

function ourKeys(declaration: CommandDeclaration, call: readonly string[]): string | null {
  const args = Frame.fromStrings(call);
  const keys = findKeys(declaration, args);
  if (keys === null) return declaration.flags.includes("no_mandatory_keys") ? "" : null;
  return keys.map(({ position, flags }) => [args.string(position), ...flags].join(" ")).join(", ");
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
      const decided = keys.length > 0 && mayHaveKeys(declaration) &&
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
