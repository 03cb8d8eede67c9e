import { assert, assertEquals, assertThrows } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { ConfigError, Configuration } from "../../src/config/mod.ts";
import { Log } from "../../src/observe/log.ts";
import { followOomScore, type OomScore } from "../../src/process/oom_score.ts";
import { replyTo } from "../config/reply_to.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import type { ServerProcess } from "../support/server_process.ts";

/** A system that keeps a score, as long as it may be written. */
class FakeScore implements OomScore {
  value = 7;
  failure: Error | null = null;

  read(): number {
    return this.value;
  }

  write(score: number): void {
    if (this.failure !== null) throw this.failure;
    this.value = score;
  }
}

function follow(
  score: OomScore,
  ...lines: string[]
): { configuration: Configuration; log: string[] } {
  const configuration = new Configuration("/");
  configuration.loadText(lines.join("\n"), "test.conf");
  configuration.finishLoading();
  const log: string[] = [];
  followOomScore(configuration, new Log(new ManualClock(0), (line) => log.push(line)), score);
  return { configuration, log };
}

Deno.test("followOomScore writes the primary's score when asked to, and the old one when not any more", () => {
  const score = new FakeScore();
  const { configuration } = follow(score);
  assertEquals(score.value, 7);
  const set = (...words: string[]) => replyTo(configuration, ...words);
  assertEquals(set("oom-score-adj-values", "100 200 300"), "OK");
  assertEquals(score.value, 7);
  assertEquals(set("oom-score-adj", "relative"), "OK");
  assertEquals(score.value, 107);
  assertEquals(set("oom-score-adj-values", "2000 0 0"), "OK");
  assertEquals(score.value, 1000);
  assertEquals(set("oom-score-adj", "absolute", "oom-score-adj-values", "-50 0 0"), "OK");
  assertEquals(score.value, -50);
  assertEquals(set("oom-score-adj", "no"), "OK");
  assertEquals(score.value, 7);
});

Deno.test("followOomScore sets the score at start, and goes on when the system refuses", () => {
  const score = new FakeScore();
  follow(score, "oom-score-adj absolute", "oom-score-adj-values 500 0 0");
  assertEquals(score.value, 500);
  score.failure = new Deno.errors.PermissionDenied("Permission denied (os error 13)");
  const { configuration, log } = follow(score, "oom-score-adj yes", "oom-score-adj-values -1 0 0");
  assert(log[0].endsWith(" # Unable to write oom_score_adj: Permission denied\n"), log[0]);
  const refused = "ERR CONFIG SET failed (possibly related to argument 'oom-score-adj-values') - " +
    "Failed to apply new oom_score_adj configuration, check server logs.";
  assertEquals(score.value, 500);
  score.failure = null;
  assertEquals(replyTo(configuration, "oom-score-adj-values", "-2 0 0"), "OK");
  assertEquals(score.value, 498);
  let writes = 0;
  score.write = () => {
    if (++writes === 1) throw new Deno.errors.PermissionDenied("Permission denied (os error 13)");
  };
  assertEquals(replyTo(configuration, "oom-score-adj-values", "-3 0 0"), refused);
  assertEquals(configuration.textOf("oom-score-adj-values"), "-2 0 0");
  // What was there before was put back.
  assertEquals(writes, 2);
});

Deno.test("followOomScore refuses the directive when Deno does not let the program write the score", () => {
  const score = new FakeScore();
  score.read = () => {
    throw new Deno.errors.NotCapable("Requires all access");
  };
  const error = assertThrows(() => follow(score, "", "oom-score-adj yes"), ConfigError);
  assertEquals([error.place.line, error.directive], [2, "oom-score-adj"]);
  const { configuration } = follow(score);
  assert(replyTo(configuration, "oom-score-adj", "yes").includes("OOMScoreAdjust="));
  assertEquals(configuration.textOf("oom-score-adj"), "no");
});

/** The system's score of a server's process. */
async function scoreOf({ pid }: ServerProcess): Promise<string> {
  return (await Deno.readTextFile(`/proc/${pid}/oom_score_adj`)).trim();
}

referenceTest("oom-score-adj does to the process what it does to redis-server's", async () => {
  // The executable may not do it: see the smoke test.
  if (Deno.env.has("MINIREDIS_BINARY")) return console.log("skipped: it takes deno run -A");
  const directives = { "oom-score-adj": "absolute", "oom-score-adj-values": "300 400 500" };
  await using theirs = await startReference({ directives });
  await using ours = await startMiniredis({ directives });
  const clients = [await theirs.connect(), await ours.connect()];
  const compare = async (wanted: string, ...words: string[]) => {
    for (const [i, server] of [theirs, ours].entries()) {
      if (words.length > 0) {
        assertEquals(await clients[i].texts("CONFIG", "SET", ...words), ["OK"], `${i}`);
      }
      assertEquals(await scoreOf(server), wanted, `${i === 0 ? "redis-server" : "miniredis"}`);
    }
  };
  const before = (await Deno.readTextFile("/proc/self/oom_score_adj")).trim();
  await compare("300");
  await compare("310", "oom-score-adj-values", "310 0 0");
  await compare(String(Number(before) + 310), "oom-score-adj", "relative");
  await compare(before, "oom-score-adj", "no");
  await compare(before, "oom-score-adj-values", "320 0 0");
});
