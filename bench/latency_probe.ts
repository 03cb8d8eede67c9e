/** A connection that asks a server again and again, and keeps how long the answers take. */

import { processorWait } from "./process_usage.ts";
import type { RawConnection } from "./raw_connection.ts";
import { type BenchServer, pause } from "./server.ts";

/** Between an answer and the next question, in ms. */
const ASK_INTERVAL = 1;

/** What is asked in turns, and the answers. */
const QUESTIONS = [
  { command: ["PING"], answer: "+PONG" },
  { command: ["GET", "absent"], answer: "$-1" },
];

/** How long answers took, in ms. */
export interface Latencies {
  readonly median: number;
  /** All but one in a thousand came sooner. */
  readonly p999: number;
  readonly worst: number;
  /** The worst without the time in which the server, or this program, waited for a processor. */
  readonly worstOfServer: number;
}

/** A probe that is at work until `stop`. */
export class LatencyProbe {
  #stopped = false;
  readonly #result: Promise<Latencies>;

  private constructor(connection: RawConnection, pid: number) {
    this.#result = this.#askUntilStopped(connection, pid);
    // `stop` throws it; until then nobody waits for it.
    this.#result.catch(() => {});
  }

  /** Begins to ask. */
  static async start(server: BenchServer): Promise<LatencyProbe> {
    return new LatencyProbe(await server.connect(), server.pid);
  }

  /** Ends the asking, when the last answer has come. Throws where an answer was wrong. */
  stop(): Promise<Latencies> {
    this.#stopped = true;
    return this.#result;
  }

  async #askUntilStopped(connection: RawConnection, pid: number): Promise<Latencies> {
    using _connection = connection;
    const all: number[] = [];
    let worstOfServer = 0;
    const waits = () => processorWait(pid) + processorWait(Deno.pid);
    while (!this.#stopped) {
      const { command, answer } = QUESTIONS[all.length % QUESTIONS.length];
      const waitsBefore = waits();
      const asked = performance.now();
      const got = await connection.call(...command);
      const took = performance.now() - asked;
      if (got !== answer) throw new Error(`the server answered ${got}`);
      all.push(took);
      worstOfServer = Math.max(worstOfServer, took - (waits() - waitsBefore));
      await pause(ASK_INTERVAL);
    }
    const sorted = all.sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
    return { median: at(0.5), p999: at(0.999), worst: at(1), worstOfServer };
  }
}
