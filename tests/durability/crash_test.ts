/** kill -9 in the middle of many clients' writes: nothing that anybody was told is lost. */

import { assert } from "@std/assert";
import { amount, seedOf } from "../support/long_test.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { encodeCommandText, type RawClient } from "../support/raw_client.ts";
import { leaves } from "../support/reply.ts";
import type { ServerProcess } from "../support/server_process.ts";
import { Random } from "../support/random.ts";
import { repeatUntilLost, untilLost, Writer } from "./writer.ts";

const CLIENTS = 50;
const COUNTERS = 5;
const ROUNDS = amount({ quick: 2, full: 20, long: 20 });
const SEED = 20_260_101;

/** A number that one client writes and publishes, ever larger, and others see. */
class Counter {
  /** The largest value that anybody was told of. */
  seen = 0;
  /** How many messages came. */
  published = 0;
  #next = 1;

  constructor(readonly key: string) {}

  /** Writes with several requests on the way at a time, so that unacknowledged values can be seen. */
  async write(client: RawClient): Promise<void> {
    const send = async () => {
      const number = String(this.#next++);
      const unit = [["MULTI"], ["SET", this.key, number], ["PUBLISH", this.key, number], ["EXEC"]];
      await client.write(unit.map(encodeCommandText).join(""));
    };
    const depth = 8;
    for (let i = 0; i < depth; i++) await send();
    for (;;) {
      for (let i = 0; i < 4; i++) await client.read();
      await send();
    }
  }

  async look(client: RawClient): Promise<void> {
    await client.send("GET", this.key);
    this.#note(Number((await client.read()).text ?? 0));
  }

  /** Takes what is published; the client is subscribed. */
  async listen(client: RawClient): Promise<void> {
    this.#note(Number(leaves(await client.read())[2]));
    this.published++;
  }

  async check(client: RawClient, label: string): Promise<void> {
    const [found] = await client.texts("GET", this.key);
    assert(Number(found) >= this.seen, `${label}: ${this.seen} was seen, ${found} is there`);
  }

  #note(number: number): void {
    this.seen = Math.max(this.seen, number);
  }
}

/** Has all clients at work, kills the server after so many acknowledgements, and waits for the end. */
async function crash(
  server: ServerProcess,
  writers: Writer[],
  counters: Counter[],
  acknowledgements: number,
): Promise<void> {
  let left = acknowledgements;
  let killed: Promise<unknown> | undefined;
  const onAcknowledged = () => {
    if (--left <= 0) killed ??= server.kill("SIGKILL");
  };
  const connections = writers.length + 3 * counters.length;
  const clients = await Promise.all(Array.from({ length: connections }, () => server.connect()));
  const work: Promise<void>[] = [];
  for (const counter of counters) {
    const reader = clients.pop()!, subscriber = clients.pop()!;
    await subscriber.texts("SUBSCRIBE", counter.key);
    work.push(untilLost(counter.write(clients.pop()!)));
    work.push(repeatUntilLost(() => counter.look(reader)));
    work.push(repeatUntilLost(() => counter.listen(subscriber)));
  }
  for (const writer of writers) {
    const client = clients.pop()!;
    work.push(repeatUntilLost(() => writer.batch(client, onAcknowledged)));
  }
  await Promise.all(work);
  await killed;
}

for (const appendfsync of ["everysec", "no"]) {
  Deno.test(`kill -9 loses nothing that a client was told when appendfsync is ${appendfsync}`, async () => {
    const seed = seedOf(`kill -9 under ${appendfsync}`, SEED);
    const random = new Random(seed);
    const names = Array.from({ length: CLIENTS }, (_, i) => `client${i}`);
    const writers = names.map((name) => new Writer(name, random.below(1e9)));
    const counters = Array.from({ length: COUNTERS }, (_, i) => new Counter(`counter${i}`));
    await using server = await startMiniredis({ directives: { appendonly: "yes", appendfsync } });
    for (let round = 0; round < ROUNDS; round++) {
      await crash(server, writers, counters, 1 + random.below(4000));
      await server.restart();
      const client = await server.connect();
      const label = `seed ${seed}, round ${round}`;
      for (const writer of writers) {
        await writer.check(client, writer.acknowledgedAt.length, label);
      }
      for (const counter of counters) await counter.check(client, label);
    }
    assert(counters.every(({ seen }) => seen > 0), "a reader saw nothing");
    assert(counters.every(({ published }) => published > 0), "a subscriber was told nothing");
  });
}
