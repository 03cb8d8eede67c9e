/** `used_memory` beside what the process really grows by: what `maxmemory` limits has to be true. */

import { ALL_TYPES, type DataSet } from "./data_sets.ts";
import type { BenchOptions } from "./options.ts";
import { residentBytes } from "./process_usage.ts";
import { chunked, type RawConnection } from "./raw_connection.ts";
import { BenchServer, type Contender, pause } from "./server.ts";
import { formatMegabytes, formatRatio, formatTable } from "./table.ts";

/** How long a server may tidy up before it is looked at, in ms. */
const SETTLE = 2000;
/** How far `used_memory` may be off. */
const TOLERANCE = 0.2;
/** What a half of a data set takes, in bytes. */
export interface AccountingResult {
  readonly name: string;
  readonly resident: number;
  readonly usedMemory: number;
}

/**
 * Fills miniredis with each data set. Only the second half counts: in the first one code is compiled and
 * the engine's young heap gets its size.
 */
export async function accounting(options: BenchOptions): Promise<AccountingResult[]> {
  const results: AccountingResult[] = [];
  for (const dataSet of ALL_TYPES) {
    const result = await measure(options.miniredis, dataSet);
    console.error(tableRow(result).join("  "));
    results.push(result);
  }
  return results;
}

async function measure(contender: Contender, dataSet: DataSet): Promise<AccountingResult> {
  await using server = await BenchServer.start(contender, { appendonly: false });
  using connection = await server.connect();
  const half = dataSet.commands / 2;
  await fill(connection, dataSet, 0, half);
  const before = await look(server, connection);
  await fill(connection, dataSet, half, half);
  const after = await look(server, connection);
  return {
    name: dataSet.name,
    resident: after.resident - before.resident,
    usedMemory: after.usedMemory - before.usedMemory,
  };
}

function fill(
  connection: RawConnection,
  dataSet: DataSet,
  from: number,
  commands: number,
): Promise<void> {
  const chunks = chunked(commands, (i) => dataSet.command(from + i));
  return connection.pipeline(chunks, commands * dataSet.replyLines);
}

async function look(
  server: BenchServer,
  connection: RawConnection,
): Promise<{ resident: number; usedMemory: number }> {
  await pause(SETTLE);
  const match = /^used_memory:(\d+)/m.exec(await connection.callBulk("INFO", "memory"));
  if (match === null) throw new Error("INFO tells no used_memory");
  return { resident: residentBytes(server.pid), usedMemory: Number(match[1]) };
}

/** The table of all data sets. */
export function formatAccounting(results: readonly AccountingResult[]): string {
  return formatTable(["", "RSS growth", "used_memory", "ratio"], results.map(tableRow));
}

function tableRow({ name, resident, usedMemory }: AccountingResult): string[] {
  const target = { atLeast: 1 - TOLERANCE, atMost: 1 + TOLERANCE };
  return [
    name,
    formatMegabytes(resident),
    formatMegabytes(usedMemory),
    formatRatio(usedMemory / resident, target),
  ];
}
