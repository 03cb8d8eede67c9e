/** Users with random rules, who are asked about random calls on both servers. */

import { assertEquals } from "@std/assert";
import { readCommandDocs } from "../differential/command_docs.ts";
import { generateCalls, KEY } from "../differential/generated_calls.ts";
import { Pair } from "../differential/pair.ts";
import { Random } from "../support/random.ts";
import { amount, seedOf } from "../support/long_test.ts";
import { referenceTest } from "../support/reference.ts";
import { readCommandTable } from "./reference_commands.ts";
import { RuleSource } from "./rule_source.ts";

const USERS = amount({ quick: 100, full: 2000, long: 2000 });
const CALLS = 200;
/** What keys, channels and patterns are replaced by. */
const NAMES = ["a", "b", "b1", "user:5", "user:x", "A", "*", "b*", "k)", "", "zz"];

referenceTest("random users may make the calls that redis-server says they may", async () => {
  await using pair = await Pair.start();
  const ours = pair.actual.control, theirs = pair.expected.control;
  // Rules and calls are about commands that both servers have.
  const table = await readCommandTable(ours);
  const docs = await readCommandDocs(ours);
  const calls = [...docs.values()].flatMap(generateCalls);
  const seed = seedOf("calls of random users");
  const random = new Random(seed);
  const source = new RuleSource(random, table);
  const isReplaced = (arg: string) => arg === KEY || arg === "x" || arg === "*";
  let allowed = 0, asked = 0;
  for (let round = 0; round < USERS; round++) {
    const first = ["+@all", "%R~*", "%W~b*", "&b*"].filter(() => random.chance(0.6));
    const setUser = ["ACL", "SETUSER", "u", "reset", ...first, ...source.rules()];
    const place = `MINIREDIS_SEED=${seed}, round ${round}: ${setUser.join(" ")}`;
    const [result, expected] = [await ours.call(...setUser), await theirs.call(...setUser)];
    assertEquals(result.raw, expected.raw, place);
    if (expected.type === "-") continue;
    const questions = Array.from({ length: CALLS }, () => {
      const call = random.pick(calls)
        .map((arg, i) => i > 0 && isReplaced(arg) ? random.pick(NAMES) : arg);
      return ["ACL", "DRYRUN", "u", ...call];
    });
    const verdicts = await ours.pipeline(questions), right = await theirs.pipeline(questions);
    for (const [i, question] of questions.entries()) {
      const about = `${place}\n${question.map((word) => JSON.stringify(word)).join(" ")}`;
      assertEquals(verdicts[i].raw, right[i].raw, about);
      asked++;
      if (right[i].text === "OK") allowed++;
    }
  }
  // Rules that allow nothing, or everything, would show little.
  assertEquals(allowed > asked / 20 && allowed < asked * 19 / 20, true, `${allowed} of ${asked}`);
});
