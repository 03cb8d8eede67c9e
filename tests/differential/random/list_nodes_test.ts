/**
 * Lists, of which DUMP shows the nodes, after random commands. A list keeps in redis-server the
 * list-max-listpack-size that it was made with, so a round has one; and the nodes within lists are not
 * compressed, as ours never are.
 */

import { assertEquals } from "@std/assert";
import { amount, seedOf } from "../../support/long_test.ts";
import { escapeBytes } from "../../support/quoting.ts";
import { isError } from "../../support/reply.ts";
import { referenceTest } from "../../support/reference.ts";
import { Pair } from "../pair.ts";
import { Random } from "../../support/random.ts";
import { commandLine } from "./command_line.ts";

/** Commands of a round. */
const ROUND = 80;
const ROUNDS = amount({ quick: 40, full: 1500, long: 4000 });
const NODE_SIZES = ["-2", "-1", "1", "2", "3", "4", "7", "128"];
const THRESHOLDS = ["0", "1", "10", "100"];
const KEYS = ["l", "m"];

const SHORT = ["a", "b", "c", "1", "7", "300", "-5", "123456789012"];
/** A text of each length; those from 100 on are long enough to fill nodes. */
const LENGTHS = [3, 9, 10, 30, 99, 100, 101, 900, 5000, 9000];

type Command = readonly string[];

class ListCommands {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): Command {
    const random = this.#random;
    const key = random.chance(0.2) ? "m" : "l";
    const index = String(random.between(-8, 8));
    const end = () => random.pick(["LEFT", "RIGHT"]);
    // What changes the middle of a list is what makes its nodes many and uneven.
    const at = random.below(100);
    if (at < 20) return [random.pick(["LPUSH", "RPUSH"]), key, ...this.#elements()];
    if (at < 27) return [random.pick(["LPOP", "RPOP"]), key, String(random.between(1, 3))];
    if (at < 55) {
      return ["LINSERT", key, random.pick(["BEFORE", "AFTER"]), this.#element(), this.#element()];
    }
    if (at < 78) return ["LSET", key, index, this.#element()];
    if (at < 86) return ["LREM", key, String(random.between(-2, 2)), this.#element()];
    if (at < 88) return ["LTRIM", key, String(random.below(3)), String(random.between(-3, -1))];
    if (at < 92) return ["LMOVE", key, random.pick(KEYS), end(), end()];
    if (at < 94) return ["COPY", key, key === "l" ? "m" : "l", "REPLACE"];
    if (at < 96) return ["LPOS", key, this.#element(), "RANK", random.pick(["1", "-1"])];
    if (at < 98) return ["LINDEX", key, index];
    return ["LRANGE", key, "0", "-1"];
  }

  #elements(): string[] {
    return Array.from({ length: this.#random.pick([1, 1, 2, 5, 20]) }, () => this.#element());
  }

  #element(): string {
    const random = this.#random;
    if (random.chance(0.7)) return random.pick(SHORT);
    return random.pick(["x", "y"]).repeat(random.pick(LENGTHS));
  }
}

referenceTest(
  "lists have the nodes that redis-server gives them when commands come at random",
  async () => {
    const seed = seedOf("nodes of lists");
    await using pair = await Pair.start({ rdbcompression: "no" });
    for (let round = 0; round < ROUNDS; round++) {
      const random = new Random(seed, round);
      const commands = new ListCommands(random);
      const start: Command[] = [
        ["DEL", ...KEYS],
        ["CONFIG", "SET", "list-max-listpack-size", random.pick(NODE_SIZES)],
        ["DEBUG", "QUICKLIST-PACKED-THRESHOLD", random.pick(THRESHOLDS)],
      ];
      const sequence = [...start, ...Array.from({ length: ROUND }, () => commands.next())];
      const calls = sequence.flatMap((one) => [one, ...KEYS.map((key) => ["DUMP", key])]);
      const [expected, actual] = await Promise.all(
        pair.sides.map(({ control }) => control.pipeline(calls)),
      );
      for (const [i, reply] of expected.slice(0, 3 * start.length).entries()) {
        assertEquals(isError(reply), false, calls[i].join(" "));
      }
      const at = expected.findIndex(({ raw }, i) => raw !== actual[i].raw);
      if (at < 0) continue;
      const lines = sequence.slice(0, Math.floor(at / 3) + 1).map(commandLine);
      throw new Error(
        `MINIREDIS_SEED=${seed}, round ${round}\n${lines.join("\n")}\n` +
          `${commandLine(calls[at])}\n#   redis-server: "${
            escapeBytes(expected[at].raw, 2000)
          }"\n` +
          `#   miniredis:    "${escapeBytes(actual[at].raw, 2000)}"`,
      );
    }
  },
);
