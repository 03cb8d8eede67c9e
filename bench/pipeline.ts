/** A client that sends a very long pipeline before it reads the first reply. */

import type { BenchOptions } from "./options.ts";
import { peakResidentBytes } from "./process_usage.ts";
import { chunked, encodeCommand, type RawConnection } from "./raw_connection.ts";
import { BenchServer, type Contender } from "./server.ts";
import { formatMegabytes, formatTable } from "./table.ts";

const REQUESTS = 1_000_000;
/** Neighbouring bytes differ, so that a reply that was shifted, torn or overwritten is noticed. */
const VALUE = Array.from({ length: 1024 }, (_, i) => String.fromCharCode(97 + i % 25)).join("");

/** What it took. */
export interface Pipelined {
  /** Until all requests were sent, in ms. */
  readonly sent: number;
  /** Until all replies were read, in ms. */
  readonly answered: number;
  /** The server's resident memory at its highest, in bytes. */
  readonly peak: number;
}

/** Both servers' runs. */
export interface PipelineResult {
  readonly requests: number;
  readonly miniredis: Pipelined;
  readonly redis: Pipelined;
}

/** Throws when a reply is missing or wrong. */
export async function pipeline(options: BenchOptions): Promise<PipelineResult> {
  return {
    requests: REQUESTS,
    redis: await measure(options.redis),
    miniredis: await measure(options.miniredis),
  };
}

async function measure(contender: Contender): Promise<Pipelined> {
  await using server = await BenchServer.start(contender, { appendonly: false });
  using connection = await server.connect();
  await connection.call("SET", "key", VALUE);
  const began = performance.now();
  const encoder = new TextEncoder();
  const request = encodeCommand("GET", "key");
  for (const chunk of chunked(REQUESTS, () => request)) {
    await connection.send(encoder.encode(chunk));
  }
  const sent = performance.now() - began;
  await checkReplies(connection, encoder.encode(`$${VALUE.length}\r\n${VALUE}\r\n`));
  const answered = performance.now() - began;
  return { sent, answered, peak: peakResidentBytes(server.pid) };
}

async function checkReplies(connection: RawConnection, reply: Uint8Array): Promise<void> {
  let at = 0;
  for (let replies = 0; replies < REQUESTS;) {
    for (const byte of await connection.receive()) {
      if (byte !== reply[at]) throw new Error(`reply ${replies} is wrong at byte ${at}`);
      if (++at < reply.length) continue;
      at = 0;
      replies++;
    }
  }
}

/** The table of both. */
export function formatPipeline({ miniredis, redis }: PipelineResult): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return formatTable(["1,000,000 GETs of 1 KB", "miniredis", "redis-server"], [
    ["all sent", seconds(miniredis.sent), seconds(redis.sent)],
    ["all answered", seconds(miniredis.answered), seconds(redis.answered)],
    ["RSS at its highest", formatMegabytes(miniredis.peak), formatMegabytes(redis.peak)],
  ]);
}
