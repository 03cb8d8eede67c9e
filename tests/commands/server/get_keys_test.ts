/** COMMAND GETKEYSANDFLAGS of calls that make little sense, compared with a real redis-server. */

import { assertEquals } from "@std/assert";
import { ALL_COMMANDS } from "../../../src/commands/mod.ts";
import { readCommandDocs, tokensOf } from "../../differential/command_docs.ts";
import { CommandHarness } from "../../support/command_harness.ts";
import { referenceTest, startReference } from "../../support/reference.ts";

/** Calls of each command. */
const CALLS = 40;
/** The most arguments behind a command's name. */
const MOST_ARGUMENTS = 9;
/** What each call may be made of, with the command's own tokens in both cases. */
const WORDS = ["a", "b", "", "0", "1", "2", "3", "-1", "1.5", "99999999999999999999"].concat(
  ["KEYS", "STORE", "STREAMS"],
);

/** Numbers that look random, and are the same each time. */
function* numbers(): Generator<number, never> {
  for (let state = 1;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 8;
  }
}

referenceTest(
  "COMMAND GETKEYSANDFLAGS finds the reference's keys whatever a call is made of",
  async () => {
    await using server = await startReference();
    const client = await server.connect();
    const { run } = new CommandHarness(ALL_COMMANDS);
    const docs = await readCommandDocs(client);
    const names = ALL_COMMANDS.flatMap(({ name, subcommands = [] }) => [
      name,
      ...subcommands.map((subcommand) => `${name}|${subcommand.name}`),
    ]);
    const random = numbers();
    const pick = (limit: number) => random.next().value % limit;
    const calls = names.flatMap((name) => {
      const tokens = tokensOf(docs.get(name)!);
      const words = [...WORDS, ...tokens, ...tokens.map((token) => token.toLowerCase())];
      return Array.from({ length: CALLS }, () => [
        ...["COMMAND", "GETKEYSANDFLAGS", ...name.split("|")],
        ...Array.from({ length: pick(MOST_ARGUMENTS + 1) }, () => words[pick(words.length)]),
      ]);
    });
    const differences: string[] = [];
    let found = 0;
    for (let at = 0; at < calls.length; at += 200) {
      const part = calls.slice(at, at + 200);
      const replies = await client.pipeline(part);
      part.forEach((call, i) => {
        const expected = replies[i].raw, actual = run(...call);
        if (expected.startsWith("*")) found++;
        if (actual !== expected) differences.push(JSON.stringify([call, expected, actual]));
      });
    }
    assertEquals(differences.slice(0, 20), []);
    assertEquals(found > 1000, true, `${found} calls with keys`);
  },
);
