/** What the server asks of the engine, also where that is not V8: Bun's own figures take 30 ms, and its limit is none. */

import { totalmem } from "node:os";
import process from "node:process";
import * as v8 from "node:v8";
import * as vm from "node:vm";

/** Those figures of the heap that the server uses, in bytes. */
export interface HeapStatistics {
  readonly total_heap_size: number;
  readonly used_heap_size: number;
  readonly heap_size_limit: number;
}

/** What Bun has to say of its engine. */
interface BunEngine {
  heapSize(): number;
  fullGC(): void;
}

/** Null where the engine is V8. */
const bun = process.versions.bun === undefined
  ? null
  : process.getBuiltinModule("bun:jsc") as unknown as BunEngine;

/** JavaScriptCore's heap may have all memory that there is; more than this is not data of a server in one process. */
const MOST = Math.min(4 * 1024 ** 3, totalmem() / 2);

function bunStatistics({ heapSize }: BunEngine): HeapStatistics {
  const used = heapSize();
  return { total_heap_size: used, used_heap_size: used, heap_size_limit: MOST };
}

/** As `getHeapStatistics` of `node:v8`. */
export const getHeapStatistics: () => HeapStatistics = bun === null
  ? v8.getHeapStatistics
  : () => bunStatistics(bun);

/** As that of `node:v8`; nothing where the engine is another one. */
export function setFlagsFromString(flags: string): void {
  if (bun === null) v8.setFlagsFromString(flags);
}

/** As that of `node:vm`, which the server asks for what collects garbage. */
export function runInNewContext(code: string): unknown {
  return bun === null ? vm.runInNewContext(code) : () => bun.fullGC();
}
