/** The random differential run. README.md of tests/differential says how to steer it. */

import { amount, seedOf } from "../../support/long_test.ts";
import { referenceTest } from "../../support/reference.ts";
import { Pair } from "../pair.ts";
import { readCandidates } from "./candidates.ts";
import { Generator } from "./generator.ts";
import { repair } from "./hints.ts";
import { Player } from "./player.ts";
import { Random } from "../../support/random.ts";
import { describeMismatch } from "./report_mismatch.ts";

/** Commands of a round: it starts from empty databases, so that what it finds can be shrunk soon. */
const ROUND = 5000;
const ROUNDS = { quick: 2, full: 40, long: 40 };
/** More mismatches are mostly the same ones again. */
const MISMATCH_LIMIT = 5;

referenceTest(
  "miniredis answers and stores as redis-server does when commands come at random",
  async (t) => {
    const seed = seedOf("random commands");
    const rounds = numberFrom("MINIREDIS_RANDOM_ROUNDS") ?? amount(ROUNDS);
    const onlyRound = numberFrom("MINIREDIS_RANDOM_ROUND");
    await using pair = await Pair.start();
    const candidates = await readCandidates(pair);
    await using players = {
      2: await Player.connect(pair, 2),
      3: await Player.connect(pair, 3),
      async [Symbol.asyncDispose]() {
        await Promise.all([this[2], this[3]].map((player) => player[Symbol.asyncDispose]()));
      },
    };
    let mismatches = 0;
    for (let round = 0; round < rounds && mismatches < MISMATCH_LIMIT; round++) {
      if (onlyRound !== undefined && round !== onlyRound) continue;
      const protocol = round % 2 === 0 ? 2 : 3;
      const passed = await t.step(`round ${round} in RESP${protocol}`, async () => {
        const generator = new Generator(candidates, new Random(seed, round));
        const sequence = Array.from({ length: ROUND }, () => generator.next());
        const found = await players[protocol].play(sequence);
        if (!found) return;
        const origin = `MINIREDIS_SEED=${seed} MINIREDIS_RANDOM_ROUND=${round}`;
        throw new Error(
          await describeMismatch(players[protocol], protocol, sequence, found, origin, repair),
        );
      });
      if (!passed) mismatches++;
    }
  },
);

function numberFrom(name: string): number | undefined {
  const value = Deno.env.get(name);
  return value === undefined ? undefined : Number(value);
}
