import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { nodeTakesInPlace } from "../../src/data/list_limits.ts";
import * as list from "../../src/data/list_value.ts";
import { Quicklist } from "../../src/data/quicklist.ts";
import { Encoding, ENCODING_NAMES, isCompact, Value } from "../../src/data/value.ts";
import { ListUnderTest } from "./list_model.ts";

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i));

/** A list of `elements`, pushed to the tail. */
function listOf(elements: string[], size = -2, packedThreshold?: number): ListUnderTest {
  const made = new ListUnderTest(size, packedThreshold);
  made.push("tail", ...elements);
  return made;
}

Deno.test("a list is called quicklist whatever its form", () => {
  assertEquals(ENCODING_NAMES[Encoding.QuicklistNode], "quicklist");
  assertEquals(ENCODING_NAMES[Encoding.Quicklist], "quicklist");
  assert(isCompact(Encoding.QuicklistNode));
  assert(!isCompact(Encoding.Quicklist));
});

Deno.test("list push adds at both ends when it has one node and when it has many", () => {
  for (const size of [-2, 1, 2, 3]) {
    const made = new ListUnderTest(size);
    made.push("head", "b", "a", "-7");
    made.push("tail", "", "12345678901234567890", "9223372036854775807");
    assertEquals(made.all(), ["-7", "a", "b", "", "12345678901234567890", "9223372036854775807"]);
    assertEquals(made.end("head"), "-7");
    assertEquals(made.end("tail"), "9223372036854775807");
    assertEquals(made.isCompact, size === -2);
    made.checkNodes();
  }
});

Deno.test("list push begins a new node when the bytes of one are full", () => {
  const made = new ListUnderTest(-1);
  // Entries of 104 bytes: with the 8 bytes that are reckoned for one, 39 fit into 4096.
  for (let i = 0; i < 80; i++) made.push("tail", `${i}`.padEnd(100, "."));
  assertEquals(made.nodes().map((node) => node.length), [39, 39, 2]);
  for (let i = 0; i < 2; i++) made.push("head", `${i}`.padEnd(100, "."));
  assertEquals(made.nodes().map((node) => node.length), [2, 39, 39, 2]);
});

Deno.test("list push begins a new node when the elements of one are enough", () => {
  assertEquals(listOf(numbers(0, 7), 3).nodes(), [["0", "1", "2"], ["3", "4", "5"], ["6"]]);
  assertEquals(listOf(numbers(0, 3), 0).nodes(), [["0"], ["1"], ["2"]]);
  const large = listOf(Array.from({ length: 3 }, () => "x".repeat(4000)), 3);
  assertEquals(large.nodes().map((node) => node.length), [2, 1]);
});

Deno.test("list push gives an element a node for itself when it is larger than a node", () => {
  const large = "x".repeat(10_000);
  const made = listOf(["a", large, "b", "c"]);
  assertEquals(made.nodes(), [["a"], [large], ["b", "c"]]);
  assert(listOf([large]).isCompact);
});

Deno.test("list sendAt and sendRange find elements from either end when there are many nodes", () => {
  const elements = numbers(0, 1000);
  for (const size of [-1, 1, 7]) {
    const made = listOf(elements, size);
    for (let i = 0; i < 1000; i += 37) assertEquals(made.at(i), elements[i]);
    assertEquals(made.at(999), "999");
    assertEquals(made.range(3, 11), elements.slice(3, 14));
    assertEquals(made.range(901, 99), elements.slice(901));
    assertEquals(made.range(500, 0), []);
    assertEquals(made.fromEnd("tail", 15), elements.slice(985).reverse());
    assertEquals(made.fromEnd("head", 15), elements.slice(0, 15));
  }
});

Deno.test("list remove takes whole nodes and parts of them from an end", () => {
  for (const size of [-2, 1, 3]) {
    const made = listOf(numbers(0, 20), size);
    made.remove("head", 4);
    made.remove("tail", 1);
    made.remove("tail", 4);
    assertEquals(made.all(), numbers(4, 15));
    made.checkNodes();
    made.remove("tail", 100);
    assertEquals(made.length, 0);
    assert(made.isCompact);
    made.push("head", "again");
    assertEquals(made.all(), ["again"]);
  }
});

Deno.test("list remove makes one listpack of a list when half a node is enough", () => {
  const made = listOf(numbers(0, 9), 4);
  made.remove("head", 4);
  made.remove("tail", 1);
  // One node, but the next element but one would not fit into it any more.
  assertEquals(made.nodes(), [numbers(4, 8)]);
  assert(!made.isCompact);
  made.remove("head", 1);
  assert(!made.isCompact);
  made.remove("tail", 1);
  assert(made.isCompact);
  assertEquals(made.all(), ["5", "6"]);
});

Deno.test("list insert splits a node when neither it nor its neighbours have room", () => {
  const made = listOf(numbers(0, 12), 4);
  made.insert("before", "6", "x");
  assertEquals(made.all().join(" "), "0 1 2 3 4 5 x 6 7 8 9 10 11");
  assertEquals(made.nodes().map((node) => node.length), [4, 3, 2, 4]);
  made.checkNodes();
});

Deno.test("list insert uses the room of a neighbour when the place is between two nodes", () => {
  const made = listOf(numbers(0, 6), 4);
  made.insert("after", "3", "x");
  assertEquals(made.nodes(), [["0", "1", "2", "3"], ["x", "4", "5"]]);
  made.remove("head", 1);
  made.push("tail", "6", "7");
  assertEquals(made.nodes(), [["1", "2", "3"], ["x", "4", "5", "6"], ["7"]]);
  made.insert("before", "x", "y");
  assertEquals(made.nodes(), [["1", "2", "3", "y"], ["x", "4", "5", "6"], ["7"]]);
  made.insert("before", "x", "z");
  assertEquals(made.nodes(), [["1", "2", "3", "y"], ["z"], ["x", "4", "5", "6"], ["7"]]);
});

Deno.test("list insert keeps nodes few when all goes to one place in the middle", () => {
  const made = listOf(["first", "last"], 8);
  for (let i = 0; i < 800; i++) made.insert("before", "last", String(i));
  assertEquals(made.all(), ["first", ...numbers(0, 800), "last"]);
  assert(made.nodes().length < 250);
  made.checkNodes();
});

Deno.test("list set leaves an element in its node even if that becomes larger than others", () => {
  const large = "x".repeat(9000);
  const made = listOf(numbers(0, 5));
  made.set(1, "short");
  made.set(2, large);
  assertEquals(made.nodes(), [["0", "short", large, "3", "4"]]);
  made.push("tail", "5");
  assertEquals(made.nodes(), [["0", "short", large, "3", "4"], ["5"]]);
  made.set(2, "small again");
  made.remove("tail", 1);
  made.set(0, "");
  made.set(4, large);
  assertEquals(made.all(), ["", "short", "small again", "3", large]);
  made.checkNodes();
});

Deno.test("nodeTakesInPlace refuses elements that are plain and listpacks beyond a gigabyte", () => {
  const { limits } = new ListUnderTest(1, 2 ** 29);
  assert(nodeTakesInPlace(2 ** 29, 2 ** 29 - 8, limits));
  assert(nodeTakesInPlace(70_000, 2 ** 29 - 1, limits));
  assert(!nodeTakesInPlace(7, 2 ** 29, limits));
  assert(!nodeTakesInPlace(2 ** 29 + 2, 2 ** 29 - 1, limits));
});

Deno.test("list push gives an element a plain node when it reaches the threshold", () => {
  const made = listOf(["a", "xxxx", "yyyyy", "b", "c", "12345"], -2, 5);
  assertEquals(made.nodes(), [["a", "xxxx"], ["yyyyy"], ["b", "c"], ["12345"]]);
  assertEquals(made.plain(), ["yyyyy", "12345"]);
  made.push("head", "zzzzz", "d");
  assertEquals(made.nodes()[0], ["d"]);
  assertEquals(made.plain(), ["zzzzz", "yyyyy", "12345"]);
  assertEquals(listOf(["xxxxx"], -2, 5).plain(), ["xxxxx"]);
  assertEquals(listOf(["xxxx"], -2, 5).plain(), []);
});

Deno.test("list remove takes plain nodes when their turn comes, and one that is left stays plain", () => {
  const made = listOf(["a", "xxxxx", "b", "yyyyy", "c"], -2, 5);
  made.remove("head", 2);
  made.remove("tail", 1);
  assertEquals(made.nodes(), [["b"], ["yyyyy"]]);
  made.remove("head", 1);
  assertEquals(made.nodes(), [["yyyyy"]]);
  assertEquals(made.plain(), ["yyyyy"]);
  made.remove("tail", 1);
  assertEquals(made.length, 0);
  assert(made.isCompact);
});

Deno.test("list insert cuts a node in two when the element is a plain node", () => {
  const made = listOf(numbers(0, 4), -2, 5);
  made.insert("after", "1", "xxxxx");
  assertEquals(made.nodes(), [["0", "1"], ["xxxxx"], ["2", "3"]]);
  made.insert("before", "xxxxx", "a");
  made.insert("after", "xxxxx", "b");
  assertEquals(made.nodes(), [["0", "1", "a"], ["xxxxx"], ["b", "2", "3"]]);
  made.insert("before", "xxxxx", "yyyyy");
  made.insert("before", "xxxxx", "c");
  assertEquals(made.nodes(), [["0", "1", "a"], ["yyyyy"], ["c"], ["xxxxx"], ["b", "2", "3"]]);
  assertEquals(made.plain(), ["yyyyy", "xxxxx"]);
  made.checkNodes();
});

Deno.test("list set moves an element to another node when it becomes plain or is so no more", () => {
  const made = listOf(numbers(0, 4), -2, 5);
  made.set(1, "xxxxx");
  assertEquals(made.nodes(), [["0"], ["xxxxx"], ["2", "3"]]);
  made.set(1, "yyyyyyy");
  assertEquals(made.nodes(), [["0"], ["yyyyyyy"], ["2", "3"]]);
  made.set(0, "zzzzz");
  assertEquals(made.plain(), ["zzzzz", "yyyyyyy"]);
  made.set(1, "1");
  assertEquals(made.nodes(), [["zzzzz"], ["1", "2", "3"]]);
  made.set(0, "0");
  assertEquals(made.nodes(), [["0", "1", "2", "3"]]);
  assertEquals(made.plain(), []);
});

Deno.test("Quicklist clone keeps plain nodes", () => {
  const made = listOf(["a", "xxxxx", "b"], -2, 5);
  const copy = new ListUnderTest(-2, 5);
  const { value: { type, encoding, object } } = made;
  copy.value.setObject(type, encoding, (object as Quicklist).clone());
  made.remove("head", 2);
  assertEquals(copy.plain(), ["xxxxx"]);
  copy.checkNodes();
});

Deno.test("list set gives memory back when a large element becomes a small one", () => {
  const made = listOf(["a", "x".repeat(1_000_000), "b"]);
  const quicklist = made.value.object as Quicklist;
  assert(quicklist.memoryBytes > 1_000_000);
  made.set(1, "y");
  assert(quicklist.memoryBytes < 50_000);
});

Deno.test("list cursor removes equal elements from the end that it starts at", () => {
  for (const size of [-2, 1, 3]) {
    const made = listOf("a b a c a d a 5 05 5".split(" "), size);
    assertEquals(made.removeEqual("head", "a", 2), 2);
    assertEquals(made.all().join(" "), "b c a d a 5 05 5");
    assertEquals(made.removeEqual("tail", "a", 1), 1);
    assertEquals(made.all().join(" "), "b c a d 5 05 5");
    assertEquals(made.removeEqual("tail", "5", 10), 2);
    assertEquals(made.removeEqual("head", "nothing", 10), 0);
    assertEquals(made.positions("tail", "a"), [2]);
    made.checkNodes();
  }
});

Deno.test("list memory follows what is left when most elements of many nodes are removed", () => {
  const elements = Array.from({ length: 8000 }, (_, i) => (i % 20 === 0 ? "keep" : "drop"));
  const made = listOf(elements.map((text) => text.padEnd(200, ".")), -2);
  const { memoryBytes } = made.value.object as Quicklist;
  assertEquals(made.removeEqual("head", "drop".padEnd(200, "."), 8000), 7600);
  assert((made.value.object as Quicklist).memoryBytes < memoryBytes / 8);
});

Deno.test("Quicklist clone shares nothing when one of the two is changed", () => {
  const made = listOf(numbers(0, 10), 3);
  const copy = new ListUnderTest(3);
  copy.value.setObject(
    made.value.type,
    made.value.encoding,
    (made.value.object as Quicklist).clone(),
  );
  made.remove("head", 5);
  copy.push("tail", "10");
  assertEquals(made.all(), numbers(5, 10));
  assertEquals(copy.all(), numbers(0, 11));
  copy.checkNodes();
});

Deno.test("list takes no more memory when elements come at one end and go at the other", () => {
  for (const end of ["head", "tail"] as const) {
    const made = listOf(numbers(0, 2000).map((number) => number.padEnd(100, ".")));
    const { memoryBytes } = made.value.object as Quicklist;
    const model = end === "head" ? made.all().reverse() : made.all();
    for (let i = 0; i < 20_000; i++) {
      made.push(end, `${i}`.padEnd(90, "."));
      model.push(`${i}`.padEnd(90, "."));
      made.remove(end === "head" ? "tail" : "head", 1);
    }
    assertEquals(made.all(), end === "head" ? model.slice(-2000).reverse() : model.slice(-2000));
    assert((made.value.object as Quicklist).memoryBytes <= memoryBytes + 16384);
    made.checkNodes();
  }
});

Deno.test("list gives the room of its removed nodes back when few are left", () => {
  const made = listOf(numbers(0, 2000).map((number) => number.padEnd(100, ".")));
  made.remove("head", 1800);
  assert((made.value.object as Quicklist).memoryBytes < 40_000);
});

Deno.test("list works when it has a million nodes", () => {
  const made = new ListUnderTest(1);
  const total = 1_000_000;
  const element = { buffer: new Uint8Array([120]), start: 0, end: 1 };
  for (let i = 0; i < total; i++) {
    list.push(made.store, made.value, i % 2 === 0 ? "head" : "tail", element, made.limits);
  }
  assertEquals(made.length, total);
  made.set(total / 2, "middle");
  assertEquals(made.at(total / 2), "middle");
  const quicklist = made.value.object as Quicklist;
  assert(quicklist.memoryBytes < total * 40);
  made.remove("head", total - 2);
  assertEquals(made.length, 2);
});

Deno.test("list create frees nothing that it does not own", () => {
  const made = new ListUnderTest();
  const before = made.store.allocatedBytes;
  const other = list.create(made.store, new Value());
  for (let i = 0; i < 3000; i++) {
    list.push(
      made.store,
      other,
      "tail",
      { buffer: new Uint8Array(9), start: 0, end: 9 },
      made.limits,
    );
  }
  assertEquals(other.encoding, Encoding.Quicklist);
  assertEquals(made.store.allocatedBytes, before);
});

// --- Against an array -----------------------------------------------------------------------------

const element = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("a", "b", "c", "", "1", "-1", "300") },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 150 }).map((n) => "x".repeat(n)) },
  { weight: 1, arbitrary: fc.integer({ min: 2000, max: 10_000 }).map((n) => "y".repeat(n)) },
  { weight: 1, arbitrary: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String) },
);
const end = fc.constantFrom<list.ListEnd>("head", "tail");
const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("push" as const), end, element }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("pushMany" as const),
      end,
      elements: fc.array(element, { minLength: 1, maxLength: 40 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("pop" as const), end, count: fc.nat(12) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("insert" as const),
      side: fc.constantFrom("before" as const, "after" as const),
      share,
      element,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("set" as const), share, element }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("removeEqual" as const),
      end,
      share,
      most: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("trim" as const), from: share, to: share }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("range" as const), from: share, to: share }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Takes a step with the list and with an array, and compares what both say. */
function take(made: ListUnderTest, model: string[], { ...step }: Step): void {
  const index = (share: number) => Math.floor(share * model.length);
  switch (step.kind) {
    case "push":
      made.push(step.end, step.element);
      if (step.end === "head") model.unshift(step.element);
      else model.push(step.element);
      break;
    case "pushMany":
      made.push(step.end, ...step.elements);
      if (step.end === "head") model.unshift(...step.elements.toReversed());
      else model.push(...step.elements);
      break;
    case "pop": {
      const count = Math.min(step.count, model.length);
      const taken = step.end === "head"
        ? model.splice(0, count)
        : model.splice(model.length - count).reverse();
      assertEquals(made.fromEnd(step.end, count), taken);
      if (count > 0) assertEquals(made.end(step.end), taken[0]);
      made.remove(step.end, step.count);
      break;
    }
    case "insert": {
      if (model.length === 0) return;
      const pivot = model[index(step.share)];
      const at = model.indexOf(pivot) + (step.side === "after" ? 1 : 0);
      model.splice(at, 0, step.element);
      assert(made.insert(step.side, pivot, step.element));
      break;
    }
    case "set":
      if (model.length === 0) return;
      model[index(step.share)] = step.element;
      made.set(index(step.share), step.element);
      break;
    case "removeEqual": {
      if (model.length === 0) return;
      const victim = model[index(step.share)];
      const places = model.flatMap((element, i) => (element === victim ? [i] : []));
      const last = model.length - 1;
      assertEquals(made.positions("head", victim), places);
      assertEquals(made.positions("tail", victim), places.map((i) => last - i).reverse());
      const gone = step.end === "head" ? places.slice(0, step.most) : places.slice(-step.most);
      assertEquals(made.removeEqual(step.end, victim, step.most), gone.length);
      for (const i of gone.reverse()) model.splice(i, 1);
      break;
    }
    case "trim": {
      const from = index(step.from), to = Math.max(from, index(step.to));
      made.remove("tail", model.length - to);
      made.remove("head", from);
      model.splice(to);
      model.splice(0, from);
      break;
    }
    case "range": {
      const from = index(step.from), to = Math.max(from, index(step.to));
      assertEquals(made.range(from, to - from), model.slice(from, to));
      if (model.length > 0) assertEquals(made.at(from), model[from]);
      break;
    }
  }
}

for (
  const [size, threshold] of [
    ...[-5, -2, -1, 0, 1, 2, 3, 10, 128].map((size) => [size, 2 ** 30]),
    ...[-2, 1, 3, 128].flatMap((size) => [[size, 1], [size, 50], [size, 3000]]),
  ]
) {
  const limits = `list-max-listpack-size ${size} and plain nodes from ${threshold} bytes on`;
  Deno.test(`list does what an array does with ${limits}`, () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 80 }), (steps) => {
        const made = new ListUnderTest(size, threshold);
        const model: string[] = [];
        for (const step of steps) {
          take(made, model, step);
          assertEquals(made.length, model.length);
        }
        assertEquals(made.all(), model);
        made.checkNodes();
      }),
      { numRuns: 100 },
    );
  });
}

Deno.test("list does what an array does when the size of nodes changes", () => {
  const sized = fc.tuple(
    fc.constantFrom(-5, -1, 1, 2, 10),
    fc.array(step, { minLength: 5, maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(sized, { minLength: 2, maxLength: 5 }), (parts) => {
      const made = new ListUnderTest();
      const model: string[] = [];
      for (const [size, steps] of parts) {
        made.size = size;
        for (const step of steps) take(made, model, step);
        assertEquals(made.all(), model);
        made.nodes();
      }
    }),
    { numRuns: 100 },
  );
});
