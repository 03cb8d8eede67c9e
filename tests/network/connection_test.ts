import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { ManualClock } from "../../src/base/clock.ts";
import { Log, silentSink } from "../../src/observe/log.ts";
import { Statistics } from "../../src/observe/statistics.ts";
import { ChunkPool } from "../../src/resp/chunk_pool.ts";
import { Lingering } from "../../src/network/lingering.ts";
import { Pipeline } from "../../src/network/pipeline.ts";
import { TurnBudget } from "../../src/network/turn_budget.ts";
import { Outcome } from "../../src/execution/outcome.ts";
import { Connection } from "../../src/network/connection.ts";
import { OutputGate } from "../../src/clients/output_gate.ts";
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
  const { client } = new CommandHarness([]), gate = new OutputGate();
  const parts = {
    dispatcher: {
      beginBatch() {},
      execute: () => {
        executed++;
        return Outcome.Replied;
      },
      endBatch: () => duration,
    },
    gate,
    settings: client.server.configuration.settings,
    statistics: new Statistics(),
    log: new Log(new ManualClock(), silentSink),
    chunks: new ChunkPool(),
    lingering: new Lingering(),
    budget: new TurnBudget(gate),
    pipeline: new Pipeline(),
    clients: { leave() {}, remove() {} },
    changes: { offset: 0 },
  };
  const connection = new Connection(peer as unknown as Deno.TcpConn, parts, () => client);
  const reads = new Promise<number>((resolve) => setImmediate(() => resolve(peer.reads)));
  await connection.serve();
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
