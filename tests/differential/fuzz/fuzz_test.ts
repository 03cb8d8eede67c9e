/**
 * Wild calls, sent to both servers: none may end a server, keep it busy for ever, or be an error of the
 * server's own, and where the answer is not left to chance both must give the same. README.md of
 * tests/differential says how to steer it.
 */

import { amount, seedOf } from "../../support/long_test.ts";
import { referenceTest } from "../../support/reference.ts";
import { waitFor } from "../../support/wait_for.ts";
import { Pair, type Side } from "../pair.ts";
import { Player, type Playing } from "../random/player.ts";
import { Random } from "../../support/random.ts";
import { describeMismatch } from "../random/report_mismatch.ts";
import { answerApart, isApart } from "./apart.ts";
import { readFuzzCandidates } from "./candidates.ts";
import { FuzzGenerator } from "./generator.ts";
import { fuzzDifferenceOf, fuzzStepOf } from "./judgement.ts";
import { readPayloads } from "./payloads.ts";
import { tame } from "./tame.ts";

/** Frames of a round: it starts from empty databases, so that what it finds can be shrunk soon. */
const ROUND = 2500;
const FRAMES = { quick: 5000, full: 150_000, long: 300_000 };
/** More mismatches are mostly the same ones again. */
const MISMATCH_LIMIT = 5;
/** Data are a few MB: what the server takes beyond this, in bytes, was asked for by a number alone. */
const MEMORY_LIMIT = 1.5 * 1024 ** 3;

const DIRECTIVES = {
  "proto-max-bulk-len": "1mb",
  "maxmemory": "1gb",
  "rdbcompression": "no",
  // The reference looks at payloads only if it is told to, and ends where it should have.
  "sanitize-dump-payload": "yes",
};

referenceTest(
  "miniredis neither ends, hangs nor fails, and answers as redis-server does, when calls are wild",
  async (t) => {
    const seed = seedOf("wild calls");
    const frames = numberFrom("MINIREDIS_FUZZ_FRAMES") ?? amount(FRAMES);
    const onlyRound = numberFrom("MINIREDIS_FUZZ_ROUND");
    const rounds = Math.ceil(frames / ROUND);
    await using pair = await Pair.start(DIRECTIVES);
    const candidates = await readFuzzCandidates(pair);
    const payloads = await readPayloads(pair.expected.control);
    await pair.expected.restoreConfiguration();
    let mismatches = 0;
    for (let round = 0; round < rounds && mismatches < MISMATCH_LIMIT; round++) {
      if (onlyRound !== undefined && round !== onlyRound) continue;
      const protocol = round % 2 === 0 ? 2 : 3;
      const passed = await t.step(`round ${round} in RESP${protocol}`, async () => {
        const generator = new FuzzGenerator(candidates, payloads, new Random(seed, round));
        const sequence = Array.from({ length: ROUND }, () => tame(generator.next()));
        await using player = await Player.connect(
          pair,
          protocol,
          playing(pair, protocol, payloads),
        );
        const found = await player.play(sequence);
        if (!found) return;
        const origin = `MINIREDIS_SEED=${seed} MINIREDIS_FUZZ_ROUND=${round}`;
        throw new Error(await describeMismatch(player, protocol, sequence, found, origin, tame));
      });
      if (!passed) mismatches++;
    }
  },
);

function playing(
  pair: Pair,
  protocol: 2 | 3,
  payloads: readonly string[],
): Partial<Playing> {
  const sound = new Set(payloads);
  return {
    stepOf: fuzzStepOf,
    differenceOf: (step, expected, actual) => fuzzDifferenceOf(sound, step, expected, actual),
    patience: 30_000,
    isApart,
    answerApart: (args, side) => answerApart(args, side, protocol),
    inspect: () => {
      const used = residentMemory(pair.actual.server.pid);
      if (used > MEMORY_LIMIT) throw new Error(`miniredis takes ${used} bytes of memory`);
    },
    reloads: [reloadSnapshot, reloadLog],
    restore: async (side) => {
      await side.restoreConfiguration();
      await side.restoreUsers();
      await side.texts("DEBUG", "SET-ACTIVE-EXPIRE", "1");
      await side.texts("DEBUG", "REPLYBUFFER", "RESIZING", "1");
      await side.texts("DEBUG", "REPLYBUFFER", "PEAK-RESET-TIME", "RESET");
    },
  };
}

async function reloadSnapshot(side: Side): Promise<void> {
  await side.texts("DEBUG", "RELOAD");
}

/** The log is written anew, as commands. */
async function reloadLog(side: Side): Promise<void> {
  await side.texts("BGREWRITEAOF");
  await waitFor(`${side.name} to have written its log anew`, async () => {
    const [info] = await side.texts("INFO", "persistence");
    return /^aof_rewrite_in_progress:0\r$/m.test(info) &&
      /^aof_rewrite_scheduled:0\r$/m.test(info);
  });
  await side.texts("DEBUG", "LOADAOF");
}

/** How much memory a process takes, in bytes; 0 where the system does not tell. */
function residentMemory(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

function numberFrom(name: string): number | undefined {
  const value = Deno.env.get(name);
  return value === undefined ? undefined : Number(value);
}
