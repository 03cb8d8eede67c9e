/** Damaged payloads and files, seeded: refused with a message, or taken and sound. See cases.ts. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ALL_COMMANDS } from "../../../src/commands/mod.ts";
import { CommandHarness } from "../../support/command_harness.ts";
import { amount, type Levels, seedOf } from "../../support/long_test.ts";
import { TempDir } from "../../support/temp_dir.ts";
import { PATIENCE } from "../../support/wait_for.ts";
import { SAMPLES } from "../rdb_samples.ts";
import { audit } from "./value_audit.ts";

const SEED = 20_261_121;

/** How many cases there are of a kind. */
const COUNTS: Readonly<Record<string, Levels<number>>> = {
  restore: { quick: 300, full: 10_000, long: 25_000 },
  rdb: { quick: 150, full: 6000, long: 15_000 },
  aof: { quick: 150, full: 5000, long: 10_000 },
};

const LOOK_INTERVAL = 1000;

for (const [kind, levels] of Object.entries(COUNTS)) {
  Deno.test(`damage is refused or leaves what is sound: ${kind}`, async () => {
    await using dir = await TempDir.create("fuzz-");
    const output = await runCases(kind, amount(levels), `${dir.path}/number`);
    // Damage that is always refused, or never, was none.
    const [, taken, refused] = /^(\d+) taken, (\d+) refused$/m.exec(output) ?? [];
    assert(Number(taken) > 0 && Number(refused) > 0, output);
  });
}

/** Runs cases in another process, which may crash or hang; returns its output. */
async function runCases(kind: string, count: number, progress: string): Promise<string> {
  const start = seedOf(`damage to ${kind}`, SEED);
  const script = new URL("run.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script, kind, `${start}`, "0", `${count}`, progress],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let last = "", since = performance.now(), hangs = false;
  const look = setInterval(() => {
    const number = numberIn(progress);
    if (number !== last) [last, since] = [number, performance.now()];
    else if (performance.now() - since > PATIENCE) {
      hangs = true;
      child.kill("SIGKILL");
    }
  }, LOOK_INTERVAL);
  const { code, stdout, stderr } = await child.output();
  clearInterval(look);
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(code, 0, `${hangs ? "hangs" : "fails"} at case ${numberIn(progress)}:\n${output}`);
  return output;
}

function numberIn(path: string): string {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch (error) {
    // The process has not begun yet.
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

Deno.test("audit asks every command that reads a type", () => {
  const asked = new Set<string>();
  for (const { commands } of SAMPLES) {
    const harness = new CommandHarness(ALL_COMMANDS);
    for (const command of commands) assertMatch(harness.run(...command), /^[^-]/);
    audit((...args) => {
      asked.add(args[0].toLowerCase());
      return harness.run(...args);
    }, "key");
  }
  const groups = ["string", "bitmap", "list", "set", "hash", "sorted-set", "geo", "stream"];
  const reading = ALL_COMMANDS.filter((command) =>
    groups.includes(command.group) && command.flags.includes("readonly")
  ).map((command) => command.name);
  assertEquals(reading.filter((name) => !asked.has(name)), []);
});
