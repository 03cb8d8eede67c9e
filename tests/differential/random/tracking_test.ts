/**
 * Client-side caching while commands come at random: which keys clients are told of, after each command.
 * Every change of a key by every command has to be told, and nothing else.
 */

import { assertEquals } from "@std/assert";
import { amount, seedOf } from "../../support/long_test.ts";
import type { RawClient } from "../../support/raw_client.ts";
import { referenceTest } from "../../support/reference.ts";
import { Pair } from "../pair.ts";
import { readCandidates } from "./candidates.ts";
import { Generator } from "./generator.ts";
import { repair } from "./hints.ts";
import { Random } from "../../support/random.ts";

const COMMANDS = amount({ quick: 1500, full: 15_000, long: 30_000 });
/** What chooses at random, or depends on the reference's random skip lists, makes the data differ. */
const LEFT_OUT = /^(SPOP|ZRANGESTORE|ZREMRANGEBYLEX)$/i;

/** Who tracks: another client hears of all changes, or the client itself of those to what it has read. */
const WAYS = { "other clients in BCAST mode": true, "the client that reads and writes": false };

for (const [who, isOther] of Object.entries(WAYS)) {
  referenceTest(
    `miniredis tells ${who} of the keys that redis-server does when commands come at random`,
    async () => {
      const random = new Random(seedOf(`what ${who} are told`), 0);
      await using pair = await Pair.start();
      const generator = new Generator(await readCandidates(pair), random);
      const connect = () => Promise.all(pair.sides.map(({ server }) => server.connect()));
      const writers = await connect();
      const listeners = isOther ? await connect() : writers;
      for (const listener of listeners) {
        await listener.call("HELLO", "3");
        await listener.texts("CLIENT", "TRACKING", "ON", ...isOther ? ["BCAST"] : []);
      }
      const last: string[] = [];
      for (let i = 0; i < COMMANDS; i++) {
        const command = repair(generator.next());
        if (LEFT_OUT.test(command[0])) continue;
        last.push(command.join(" "));
        await Promise.all(writers.map((writer) => writer.call(...command)));
        const [expected, actual] = await Promise.all(listeners.map(heard));
        assertEquals(
          actual,
          expected,
          `command ${i}; the last were\n${last.slice(-20).join("\n")}`,
        );
      }
    },
  );
}

/** What a client was told until now. */
async function heard(listener: RawClient): Promise<string[]> {
  await listener.send("PING");
  const told: string[] = [];
  for (let reply = await listener.read(); reply.type === ">"; reply = await listener.read()) {
    told.push(reply.raw);
  }
  return told;
}
