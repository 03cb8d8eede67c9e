/** A full sync during which every key is overwritten, while another replica takes its time. */

import { assert, assertEquals } from "@std/assert";
import { amount } from "../support/long_test.ts";
import { megabytes, residentMemory } from "../support/process_figures.ts";
import { referenceTest } from "../support/reference.ts";
import { Relay } from "../support/relay.ts";
import { waitFor } from "../support/wait_for.ts";
import { Member, waitForSameOffset } from "./topology.ts";

const KEYS = amount({ quick: 80_000, full: 250_000, long: 1_000_000 });
/** So large that the data does not fit into what is kept in memory for a slow replica. */
const VALUE_BYTES = amount({ quick: 250, full: 100, long: 100 });
const AT_ONCE = 1000;
const SLOW_BYTES_PER_SECOND = 1_000_000;
/** What the engine may take for its garbage and its code: this is no measurement. */
const ENGINE_BYTES = megabytes(128);

/** Nobody listens there. */
const NOWHERE = 1;

/** How DEBUG POPULATE names its keys. */
const keyAt = (i: number) => `key:${i}`;

const newValueAt = (i: number) => `new ${i}`.padEnd(VALUE_BYTES, "x");

/** So many numbers from one on. */
const numbers = (from: number) => Array.from({ length: AT_ONCE }, (_, i) => from + i);

/** Sets all keys again. */
async function overwrite(primary: Member): Promise<void> {
  const client = await primary.server.connect();
  for (let from = 0; from < KEYS; from += AT_ONCE) {
    const pairs = numbers(from).flatMap((i) => [keyAt(i), newValueAt(i)]);
    assertEquals(await client.texts("MSET", ...pairs), ["OK"]);
  }
}

/** Checks all keys of a replica; DEBUG DIGEST would take longer for so many. */
async function checkData(replica: Member): Promise<void> {
  assertEquals(await replica.texts("DBSIZE"), [String(KEYS + 2)]);
  for (let from = 0; from < KEYS; from += AT_ONCE) {
    const values = await replica.texts("MGET", ...numbers(from).map(keyAt));
    const wrong = values.findIndex((value, i) => value !== newValueAt(from + i));
    assertEquals(wrong, -1, `${replica.name} has another value of ${keyAt(from + wrong)}`);
  }
}

/** Watches the memory of a process until it is disposed of. */
class MemoryWatch implements Disposable {
  readonly before: number;
  most: number;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(pid: number) {
    this.before = this.most = residentMemory(pid);
    this.#timer = setInterval(() => {
      this.most = Math.max(this.most, residentMemory(pid));
    }, 20);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

referenceTest(
  "a primary bounds its memory and holds nobody up when one of two replicas is slow and all keys change",
  async () => {
    await using primary = await Member.start("miniredis", {
      "repl-backlog-size": "1mb",
      "repl-diskless-sync-delay": "5",
      "repl-diskless-sync-max-replicas": "2",
    });
    await using relay = await Relay.start(primary.port);
    await using fast = await Member.start("miniredis", { "repl-diskless-load": "swapdb" });
    await using slow = await Member.start("redis");
    // It has data of the same history, which may be read while newer data is loaded.
    await primary.texts("SET", "first", "one");
    await fast.attachTo(primary.port);
    await fast.replicateFrom(NOWHERE);
    await primary.texts("DEBUG", "POPULATE", String(KEYS), "key", String(VALUE_BYTES));
    await primary.texts("SET", "filler", "f".repeat(megabytes(4)));

    const reader = await fast.server.connect();
    using memory = new MemoryWatch(primary.server.pid);
    relay.throttle("toClient", SLOW_BYTES_PER_SECOND);
    await slow.replicateFrom(relay.port);
    await fast.replicateFrom(primary.port);
    await primary.waitForInfo("rdb_bgsave_in_progress", (one) => one === "1", "persistence");
    const overwritten = overwrite(primary);
    let readsMeanwhile = 0;
    await waitFor("the fast replica to have all data", async () => {
      assertEquals(await reader.texts("GET", "first"), ["one"]);
      const isLoading = (await fast.info("persistence")).get("async_loading") === "1";
      if (isLoading) readsMeanwhile++;
      return (await fast.info()).get("master_link_status") === "up";
    }, { interval: 1 });
    assert(readsMeanwhile > 0, "it was read while it was loading");
    // It has not waited for the other one.
    assertEquals((await slow.info()).get("master_link_status"), "down");
    await overwritten;
    await waitForSameOffset(primary, fast);
    await checkData(fast);
    // What the slow one lacks: the stream is kept in memory, the data beyond a bound is not.
    const streamBytes = KEYS * (VALUE_BYTES + 64);
    const most = memory.before * 1.3 + streamBytes + ENGINE_BYTES;
    assert(memory.most <= most, `${memory.before} bytes grew to ${memory.most}`);

    relay.throttle("toClient", Infinity);
    await slow.waitForLink();
    await waitForSameOffset(primary, fast, slow);
    await checkData(slow);
    // Nothing of what was kept for it is left.
    const left = [...Deno.readDirSync(primary.server.dir)].map(({ name }) => name);
    assertEquals(left.filter((name) => name.startsWith("temp-")), []);
  },
);
