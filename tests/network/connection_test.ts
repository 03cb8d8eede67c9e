import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { ManualClock } from "../../src/base/clock.ts";
import { Log, silentSink } from "../../src/observe/log.ts";
import { Statistics } from "../../src/observe/statistics.ts";
import { CommandDecoder } from "../../src/resp/command_decoder.ts";
import { Connection } from "../../src/network/connection.ts";
import { Outcome } from "../../src/execution/outcome.ts";
import { OutputGate } from "../../src/network/gate.ts";
import { CommandHarness } from "../support/command_harness.ts";

const BATCHES = 100;

/** A peer whose bytes are always there before they are asked for, `BATCHES` times. */
class EagerPeer {
  readonly localAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };
  readonly remoteAddr = { transport: "tcp", hostname: "127.0.0.1", port: 2 };
  reads = 0;

  read(target: Uint8Array): Promise<number | null> {
    if (this.reads === BATCHES) return Promise.resolve(null);
    this.reads++;
    const { written } = new TextEncoder().encodeInto("PING\r\n", target);
    return Promise.resolve(written);
  }

  setNoDelay(): void {}
  close(): void {}
}

/** Serves an eager peer, each of whose batches takes `duration` ms; says how much was read in one turn. */
async function readsInFirstTurn(duration: number): Promise<number> {
  const peer = new EagerPeer();
  let executed = 0;
  const connection = new Connection(peer as unknown as Deno.TcpConn, new CommandDecoder(), {
    dispatcher: {
      beginBatch() {},
      execute: () => {
        executed++;
        return Outcome.Replied;
      },
      endBatch: () => duration,
    },
    gate: new OutputGate(),
    statistics: new Statistics(),
    log: new Log(new ManualClock(), silentSink),
    ended() {},
  });
  const reads = new Promise<number>((resolve) => setImmediate(() => resolve(peer.reads)));
  await connection.serve(new CommandHarness([]).client);
  assertEquals(executed, BATCHES);
  return await reads;
}

Deno.test("Connection lets others run when its client has used up its part of the turn", async () => {
  const reads = await readsInFirstTurn(0.4);
  assert(reads >= 2 && reads <= 4, `${reads} reads`);
});

Deno.test("Connection reads on in the same turn when its client's commands are short", async () => {
  assertEquals(await readsInFirstTurn(0.001), BATCHES);
});
