/** Compares what two servers send their replicas, as the harness compares their append-only files. */

import { applyAofMasks, describeLoggedCommand, sameLoggedCommand } from "../differential/aof.ts";
import type { LoggedCommand } from "../differential/aof.ts";
import type { Pair, Side } from "../differential/pair.ts";
import type { AofMask } from "../differential/script.ts";
import { ConnectionClosed } from "../support/raw_client.ts";
import type { Directives } from "../support/server_process.ts";
import { StreamTap } from "./stream_tap.ts";

/** What servers are started with whose streams are compared: nothing in them is a matter of time. */
export const STREAM_DIRECTIVES: Directives = {
  "repl-diskless-sync-delay": "0",
  "repl-ping-replica-period": "3600",
  "repl-timeout": "7200",
};

/** A tap on each server of a pair, attached again where a script has had it closed. */
export class StreamComparison implements AsyncDisposable {
  private constructor(
    private readonly pair: Pair,
    private readonly password: string | undefined,
    private taps: StreamTap[],
  ) {}

  /** Attaches to both servers. */
  static async attach(pair: Pair, password?: string): Promise<StreamComparison> {
    const comparison = new StreamComparison(pair, password, []);
    await comparison.#attach();
    return comparison;
  }

  /**
   * Runs something on both servers; the first difference of their streams as some lines, or none. Where it
   * has the connections of replicas closed, that is what both servers have to do, and there is no stream.
   */
  async compare<T>(
    run: () => Promise<T>,
    masks: readonly AofMask[] = [],
  ): Promise<{ readonly result: T; readonly difference?: string }> {
    await this.#attach();
    for (const tap of this.taps) await tap.begin();
    const result = await run();
    const streams = await Promise.all(this.taps.map((tap) => endUnlessClosed(tap)));
    const [expected, actual] = streams;
    if (expected && actual) {
      return { result, difference: this.#difference(expected, actual, masks) };
    }
    const names = this.pair.sides.map(({ name }) => name);
    if (!expected && !actual) return { result };
    const [closed, open] = expected ? names.toReversed() : names;
    return {
      result,
      difference: `${closed} has closed its replicas' connections, ${open} has not`,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tap of this.taps.splice(0)) await tap[Symbol.asyncDispose]();
  }

  async #attach(): Promise<void> {
    if (this.taps.length > 0 && this.taps.every((tap) => !tap.isClosed)) return;
    // Both begin anew, so that both say which database comes first.
    await this[Symbol.asyncDispose]();
    for (const side of this.pair.sides) this.taps.push(await this.#tap(side));
  }

  async #tap({ server, control, name }: Side): Promise<StreamTap> {
    try {
      return await StreamTap.attach({ port: server.port, control, password: this.password });
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
    }
  }

  #difference(
    expected: readonly LoggedCommand[],
    actual: readonly LoggedCommand[],
    masks: readonly AofMask[],
  ): string | undefined {
    const [left, right] = [expected, actual].map((list) => applyAofMasks(list, masks));
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      if (left[i] && right[i] && sameLoggedCommand(left[i], right[i])) continue;
      const before = left.slice(Math.max(0, i - 3), i).map(describeLoggedCommand);
      return `command ${i} of the stream, after ${before.join(" and ") || "nothing"}` +
        `\n    ${this.pair.expected.name}: ${describeLoggedCommand(left[i])}` +
        `\n    ${this.pair.actual.name}: ${describeLoggedCommand(right[i])}`;
    }
    return undefined;
  }
}

/** What has come since `begin`; undefined where the server has closed the connection. */
async function endUnlessClosed(tap: StreamTap): Promise<readonly LoggedCommand[] | undefined> {
  try {
    return await tap.end();
  } catch (error) {
    if (!(error instanceof ConnectionClosed)) throw error;
    return undefined;
  }
}
