import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Consumer, ConsumerGroup, type PendingEntry } from "../../src/data/stream_group.ts";
import { formatId, makeId } from "../../src/data/stream_id.ts";

function describe(pending: Iterable<PendingEntry>): string[] {
  return Array.from(pending, (item) => {
    const { consumer, deliveryCount, deliveryTime } = item;
    return `${formatId(item)} ${consumer.name} ${deliveryTime} ${deliveryCount}`;
  });
}

function consumerOf(group: ConsumerGroup, name: string): Consumer {
  return group.consumer(name) ?? group.addConsumer(name, 0);
}

Deno.test("ConsumerGroup hands an entry to its next consumer when it is delivered again", () => {
  const group = new ConsumerGroup("g", makeId(0, 0), 0);
  const a = group.addConsumer("a", 1), b = group.addConsumer("b", 1);
  const pending = group.deliver(makeId(1, 1), a, 10);
  pending.countDelivery();
  assertEquals(describe(a.pending), ["1-1 a 10 2"]);
  group.deliver(makeId(1, 1), b, 20);
  assertEquals(describe(a.pending), []);
  assertEquals(describe(b.pending), ["1-1 b 20 1"]);
  assertEquals(describe(group.pending), ["1-1 b 20 1"]);
});

Deno.test("ConsumerGroup removes what a consumer has pending with it", () => {
  const group = new ConsumerGroup("g", makeId(0, 0), 0);
  const a = group.addConsumer("a", 1), b = group.addConsumer("b", 1);
  for (let i = 1; i <= 6; i++) group.deliver(makeId(i, 0), i % 2 ? a : b, 0);
  group.removeConsumer(a);
  assertEquals(group.consumer("a"), undefined);
  assertEquals(describe(group.pending), ["2-0 b 0 1", "4-0 b 0 1", "6-0 b 0 1"]);
});

Deno.test("ConsumerGroup tells consumers in the order of their names' bytes", () => {
  const group = new ConsumerGroup("g", makeId(0, 0), 0);
  for (const name of ["b", "a\xff", "", "B", "a", "a\x00"]) group.addConsumer(name, 0);
  assertEquals(group.consumers().map(({ name }) => name), ["", "B", "a", "a\x00", "a\xff", "b"]);
});

Deno.test("PendingEntry counts deliveries beyond an int64 as Redis does", () => {
  const group = new ConsumerGroup("g", makeId(0, 0), 0);
  const pending = group.deliver(makeId(1, 1), group.addConsumer("a", 0), 0);
  pending.deliveryCount = 9223372036854775807n;
  pending.countDelivery();
  assertEquals(pending.deliveryCount, -9223372036854775808n);
});

Deno.test("ConsumerGroup agrees with its consumers, and its clone with it, when commands are random", () => {
  const step = fc.record({
    act: fc.constantFrom("deliver", "deliver", "assign", "acknowledge", "remove"),
    id: fc.integer({ min: 1, max: 40 }),
    name: fc.constantFrom("a", "b", "c"),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
    const group = new ConsumerGroup("g", makeId(3, 4), 5);
    const model = new Map<number, string>();
    for (const [now, { act, id, name }] of steps.entries()) {
      const consumer = consumerOf(group, name);
      if (act === "deliver") {
        group.deliver(makeId(id, 0), consumer, now);
        model.set(id, name);
      } else if (act === "assign") {
        const pending = group.pending.get(makeId(id, 0));
        assertEquals(pending !== undefined, model.has(id));
        if (pending === undefined) continue;
        group.assign(pending, consumer);
        model.set(id, name);
      } else if (act === "acknowledge") {
        assertEquals(group.acknowledge(makeId(id, 0)), model.delete(id));
      } else {
        group.removeConsumer(consumer);
        for (const [key, owner] of model) if (owner === name) model.delete(key);
      }
    }
    const expected = [...model].sort(([a], [b]) => a - b);
    assertEquals(
      Array.from(group.pending, ({ ms, consumer }) => [ms, consumer.name]),
      expected,
    );
    for (const { name, pending } of group.consumers()) {
      assertEquals(
        Array.from(pending, ({ ms }) => ms),
        expected.flatMap(([id, owner]) => owner === name ? [id] : []),
      );
    }

    const copy = group.clone();
    const before = describe(group.pending);
    assertEquals(describe(copy.pending), before);
    assertEquals([copy.lastId, copy.entriesRead], [group.lastId, group.entriesRead]);
    for (const { ms, seq } of [...copy.pending]) copy.acknowledge({ ms, seq });
    assertEquals(describe(group.pending), before);
  }));
});
