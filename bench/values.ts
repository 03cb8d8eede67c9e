/** The memory that one very large value takes: while it comes, while it is read, once it is gone. */

import type { BenchOptions } from "./options.ts";
import { peakResidentBytes, residentBytes } from "./process_usage.ts";
import type { RawConnection } from "./raw_connection.ts";
import { BenchServer, type Contender, pause } from "./server.ts";
import { formatMegabytes, formatTable } from "./table.ts";

const CHUNK = new Uint8Array(1024 * 1024).fill(120);
/** Just below the largest value. */
const CHUNKS = 500;
/** The most memory beside redis-server's. */
const MOST = 1.3;
/** What may be left a second after DEL, beside what there was before. */
const MOST_LEFT = 100e6;

/** Resident memory in bytes. */
export interface ValueMemory {
  readonly before: number;
  /** The most while each of the commands ran. */
  readonly set: number;
  readonly get: number;
  readonly overwrite: number;
  /** A second after DEL. */
  readonly deleted: number;
}

/** Both servers' figures. */
export interface ValuesResult {
  readonly miniredis: ValueMemory;
  readonly redis: ValueMemory;
}

/** One after the other. */
export async function values(options: BenchOptions): Promise<ValuesResult> {
  return { redis: await measure(options.redis), miniredis: await measure(options.miniredis) };
}

async function measure(contender: Contender): Promise<ValueMemory> {
  await using server = await BenchServer.start(contender, { appendonly: false });
  using connection = await server.connect();
  const peakOf = async (work: () => Promise<void>): Promise<number> => {
    Deno.writeTextFileSync(`/proc/${server.pid}/clear_refs`, "5");
    await work();
    return peakResidentBytes(server.pid);
  };
  await pause(1000);
  const before = residentBytes(server.pid);
  const set = await peakOf(() => setValue(connection));
  const get = await peakOf(() => getValue(connection));
  const overwrite = await peakOf(() => setValue(connection));
  await connection.call("DEL", "key");
  await pause(1000);
  return { before, set, get, overwrite, deleted: residentBytes(server.pid) };
}

async function setValue(connection: RawConnection): Promise<void> {
  const encoder = new TextEncoder();
  const length = CHUNKS * CHUNK.length;
  await connection.send(encoder.encode(`*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$${length}\r\n`));
  for (let i = 0; i < CHUNKS; i++) await connection.send(CHUNK);
  await connection.send(encoder.encode("\r\n"));
  const reply = new TextDecoder().decode(await connection.receive());
  if (reply !== "+OK\r\n") throw new Error(`SET of ${length} bytes: ${reply}`);
}

async function getValue(connection: RawConnection): Promise<void> {
  const length = CHUNKS * CHUNK.length;
  await connection.send(new TextEncoder().encode("GET key\r\n"));
  for (let left = `$${length}\r\n`.length + length + 2; left > 0;) {
    left -= (await connection.receive()).length;
  }
}

/** The table of both. */
export function formatValues({ miniredis, redis }: ValuesResult): string {
  const row = (title: string, field: keyof ValueMemory, isGood: boolean) => [
    title,
    formatMegabytes(miniredis[field]),
    formatMegabytes(redis[field]),
    isGood ? "ok" : "MISSED",
  ];
  const peak = (title: string, field: "set" | "get" | "overwrite") =>
    row(title, field, miniredis[field] <= MOST * redis[field]);
  return formatTable([`a value of ${CHUNKS} MB`, "miniredis", "redis-server", ""], [
    peak("SET, at most", "set"),
    peak("GET, at most", "get"),
    peak("SET again, at most", "overwrite"),
    row("DEL, 1 s later", "deleted", miniredis.deleted - miniredis.before <= MOST_LEFT),
  ]);
}
