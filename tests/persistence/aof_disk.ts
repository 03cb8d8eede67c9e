/** What the tests of whole AOF directories have in common: disks, and the power that fails at any step. */

import { assert } from "@std/assert";
import type { AppendOnlyFile } from "../../src/persistence/aof.ts";
import { PersistenceError } from "../../src/persistence/persistence_error.ts";
import { encoded, startAof, TestHost } from "./aof_harness.ts";
import { FaultyFileSystem, PowerLoss, type Survival } from "../support/faulty_file_system.ts";

/** Where the AOF is on these disks. */
export const DIR = "data/appendonlydir";
/** Its manifest. */
export const MANIFEST = `${DIR}/appendonly.aof.manifest`;
/** What an incremental file holds after `set(aof, "a")`. */
export const SET_A = encoded("SELECT", "0") + encoded("SET", "a", "1");

/** What may be left of unsynced things after a power cut: nothing, everything, or one of the two. */
const SURVIVALS: readonly Survival[] = [
  {},
  { names: true },
  { bytes: (unsynced) => unsynced },
  { bytes: (unsynced) => unsynced >> 1, names: true },
];

/** A disk with some files, all synced. */
export function disk(contents: Readonly<Record<string, string>> = {}): FaultyFileSystem {
  const files = new FaultyFileSystem();
  files.put("data/dump.rdb", "");
  for (const [path, text] of Object.entries(contents)) files.put(path, text);
  return files;
}

/** Has a SET written. */
export function set(aof: AppendOnlyFile, key: string, value = "1"): void {
  aof.writer.appendCommand(0, ["SET", key, value]);
  aof.writer.flush();
}

/** Ends an AOF in a scenario: the writer reports a power cut by a value and not by an exception. */
export async function finish(aof: AppendOnlyFile): Promise<void> {
  if (!await aof.close()) throw new PowerLoss();
}

/** What a server that starts on the disk would have. */
export async function listing(files: FaultyFileSystem): Promise<string[]> {
  const { aof, data } = await startAof(new TestHost(files));
  await aof.close();
  return data.listing();
}

/**
 * Runs `scenario` on a fresh disk again and again, the power failing one change later each time, and
 * looks at what is left with `check`.
 */
export async function cutPowerEverywhere(
  makeDisk: () => FaultyFileSystem,
  scenario: (files: FaultyFileSystem) => Promise<void>,
  check: (files: FaultyFileSystem, steps: number, finished: boolean) => Promise<void>,
): Promise<void> {
  for (const survival of SURVIVALS) {
    for (let steps = 0, finished = false; !finished; steps++) {
      const files = makeDisk();
      files.cutPowerAt(steps);
      try {
        await scenario(files);
        finished = true;
      } catch (error) {
        const isPower = error instanceof PowerLoss || error instanceof PersistenceError;
        if (!isPower) throw error;
      }
      files.powerCycle(survival);
      await check(files, steps, finished);
      assert(steps < 1000);
    }
  }
}
