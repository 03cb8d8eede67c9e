/** What signals do to the program, beside what they do to redis-server. */

import { assertEquals } from "@std/assert";
import { miniredisCommand } from "../support/miniredis_process.ts";
import { hasReference, referenceCommand, referenceTest } from "../support/reference.ts";
import { type Directives, ServerProcess } from "../support/server_process.ts";
import { waitFor } from "../support/wait_for.ts";

/** Starts a program that is to be ended by signals. */
function start(command: readonly string[], directives: Directives = {}): Promise<ServerProcess> {
  return ServerProcess.start(command, {
    directives: { save: "", "enable-debug-command": "yes", ...directives },
  });
}

/** What a shell calls the way in which a process has ended. */
function shellCode({ code, signal }: Deno.CommandStatus, numbers: Record<string, number>): number {
  return signal === null ? code : 128 + numbers[signal];
}

// The kernel delivers those that are pending in the order of their numbers.
const BEFORE_SIGTERM: Record<string, number> = {
  ...{ SIGHUP: 1, SIGQUIT: 3, SIGTRAP: 5, SIGABRT: 6, SIGUSR1: 10, SIGUSR2: 12, SIGPIPE: 13 },
  SIGALRM: 14,
};

referenceTest("a signal ends the program if and only if it ends redis-server", async (t) => {
  for (const signal of Object.keys(BEFORE_SIGTERM) as Deno.Signal[]) {
    await t.step(signal, async () => {
      const codes: number[] = [];
      for (const command of [referenceCommand(), miniredisCommand()]) {
        await using server = await start(command);
        Deno.kill(server.pid, signal);
        codes.push(shellCode(await server.kill("SIGTERM"), BEFORE_SIGTERM));
      }
      assertEquals(codes[1], codes[0]);
    });
  }
});

Deno.test("SIGHUP and SIGALRM leave the program serving", async () => {
  await using server = await start(miniredisCommand());
  const client = await server.connect();
  for (const signal of ["SIGHUP", "SIGALRM", "SIGPIPE"] as const) Deno.kill(server.pid, signal);
  assertEquals(await client.texts("SET", "key", "value"), ["OK"]);
  assertEquals(await client.texts("GET", "key"), ["value"]);
});

Deno.test("SIGUSR1 ends the program also when the runtime would open its debugger", async () => {
  await using server = await start(miniredisCommand());
  const client = await server.connect();
  // Deno's own listener is there when the program has run for half a second.
  const [before] = await client.texts("TIME");
  await waitFor(
    "a second",
    async () => Number((await client.texts("TIME"))[0]) > Number(before) + 1,
  );
  const { code } = await server.kill("SIGUSR1");
  assertEquals(code, 128 + 10);
});

/** What a program says when it is about to end, or goes on. */
function saidIn(log: string): string[] {
  return log.split("\n").filter((line) => /shutdown|shut down|insist|exit|aborted/.test(line))
    .map((line) => line.replace(/^.*? [*#] /, "").replace(/^.*(shutdown|exiting now|during)/, "$1"))
    .filter((line) => line !== "");
}

/** Signals and commands while the cron stands still, so that nothing is acted on before it goes on. */
const SCENARIOS: Readonly<Record<string, readonly (Deno.Signal | string)[]>> = {
  "SIGTERM is taken back by SHUTDOWN ABORT": [
    ...["SIGTERM", "SHUTDOWN ABORT", "SHUTDOWN ABORT", "DEBUG PAUSE-CRON 0", "PING"],
    "SHUTDOWN NOSAVE",
  ],
  "SIGINT is taken back by SHUTDOWN ABORT": [
    ...["SIGINT", "SHUTDOWN ABORT", "SIGINT", "SHUTDOWN ABORT", "PING", "SHUTDOWN NOSAVE"],
  ],
  "SIGTERM ends the program when the cron goes on": ["SIGTERM", "PING", "DEBUG PAUSE-CRON 0"],
  "a second SIGTERM changes nothing": ["SIGTERM", "SIGTERM", "PING", "DEBUG PAUSE-CRON 0"],
  "a second SIGINT ends the program at once": ["SIGINT", "SIGINT"],
  "SIGINT after SIGTERM ends the program at once": ["SIGTERM", "SIGINT"],
  "SIGTERM after SIGINT is the one that counts": ["SIGINT", "SIGTERM", "DEBUG PAUSE-CRON 0"],
  "SHUTDOWN does not wait for the cron": ["SIGTERM", "SHUTDOWN NOSAVE"],
};

/** What a scenario comes to: replies, exit code, what the log said, and the files that are left. */
async function play(command: readonly string[], steps: readonly string[]) {
  await using server = await start(command, {
    ...{ save: "3600 1", "shutdown-on-sigterm": "nosave", "shutdown-on-sigint": "save" },
  });
  const client = await server.connect();
  await client.texts("SET", "key", "value");
  await client.texts("DEBUG", "PAUSE-CRON", "1");
  const replies: (string | undefined)[] = [];
  for (const step of steps) {
    if (step.startsWith("SIG")) {
      const before = saidIn(server.log).length;
      Deno.kill(server.pid, step as Deno.Signal);
      // A line of the log may come in pieces.
      await waitFor(`${step} to be noticed`, () => saidIn(server.log).length > before);
    } else if (step === "SHUTDOWN NOSAVE") {
      await client.send("SHUTDOWN", "NOSAVE");
    } else {
      replies.push((await client.call(...step.split(" "))).text);
    }
  }
  const { code } = await server.waitForExit();
  const files = Array.from(Deno.readDirSync(server.dir), ({ name }) => name);
  return { replies, code, said: saidIn(server.log), files };
}

referenceTest("signals are acted on by the cron, as redis-server does it", async (t) => {
  for (const [name, steps] of Object.entries(SCENARIOS)) {
    await t.step(name, async () => {
      const theirs = await play(referenceCommand(), steps);
      assertEquals(await play(miniredisCommand(), steps), theirs);
    });
  }
});

/** A command that is process 1 of a namespace of its own; null where the system has none. */
function asFirstProcess(command: readonly string[]): string[] | null {
  const unshare = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
  try {
    const { success } = new Deno.Command(unshare[0], { args: [...unshare.slice(1), "true"] })
      .outputSync();
    return success ? [...unshare, ...command] : null;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return null;
  }
}

/** The process that a process has begun. */
function childOf(pid: number): number {
  return Number(Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim());
}

/** What becomes of process 1 that is sent a signal, and then SIGTERM. */
async function endFirstProcess(command: readonly string[], signal: Deno.Signal) {
  await using server = await start(command, { save: "3600 1" });
  const client = await server.connect();
  await client.texts("SET", "key", "value");
  const child = childOf(server.pid);
  Deno.kill(child, signal);
  const [reply] = await client.texts("PING");
  Deno.kill(child, "SIGTERM");
  const { code } = await server.waitForExit();
  return { reply, code, files: Array.from(Deno.readDirSync(server.dir), ({ name }) => name) };
}

const firstProcess = asFirstProcess(miniredisCommand());
if (firstProcess === null) console.log("skipped: process 1: unshare --pid is not to be had here");

Deno.test({
  name: "signals do to process 1 what they do to redis-server as process 1",
  ignore: firstProcess === null || !hasReference(),
  async fn(t) {
    const ours = firstProcess ?? [], theirs = asFirstProcess(referenceCommand()) ?? [];
    for (
      const signal of ["SIGHUP", "SIGALRM", "SIGPIPE", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const
    ) {
      await t.step(signal, async () => {
        const expected = await endFirstProcess(theirs, signal);
        assertEquals(expected, { reply: "PONG", code: 0, files: ["dump.rdb"] });
        assertEquals(await endFirstProcess(ours, signal), expected);
      });
    }
  },
});
