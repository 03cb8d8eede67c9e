import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import fc from "fast-check";
import { bytesOf, byteString } from "../../src/base/span.ts";
import { CommandDecoder } from "../../src/resp/command_decoder.ts";
import { CommandsAhead } from "../../src/resp/commands_ahead.ts";
import { defaultLimits } from "../../src/resp/decoder_limits.ts";
import { ChunkPool, LARGE_CHUNK, SMALL_CHUNK } from "../../src/resp/chunk_pool.ts";
import { Frame } from "../../src/resp/frame.ts";
import { ProtocolError, QueryBufferLimitError } from "../../src/resp/protocol_error.ts";
import { cpuTimeOf } from "../support/cpu_time.ts";
import { expectedOutput, PROTOCOL_CASES } from "./protocol_cases.ts";

/** Puts bytes into the decoder as a read does, in pieces of at most `size`, and takes commands between. */
function* decode(
  decoder: CommandDecoder,
  bytes: Uint8Array,
  nextSize: () => number,
): Generator<Frame> {
  const frame = new Frame();
  for (let at = 0; at < bytes.length;) {
    const target = decoder.writable();
    assert(target.length > 0);
    const piece = bytes.subarray(at, at + Math.min(target.length, nextSize()));
    target.set(piece);
    decoder.commit(piece.length);
    at += piece.length;
    while (decoder.next(frame)) yield frame;
  }
}

/** What a server that knows PING and ECHO answers, as the table of cases has it. */
function answers(input: string, size: number, authenticated: boolean): string {
  const decoder = new CommandDecoder({ ...defaultLimits(), authenticated });
  let output = "";
  try {
    for (const frame of decode(decoder, bytesOf(input), () => size)) {
      if (!authenticated) output += "-NOAUTH Authentication required.\r\n";
      else if (frame.is(0, "PING")) output += "+PONG\r\n";
      else output += `$${frame.argLength(1)}\r\n${frame.string(1)}\r\n`;
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    output += `-ERR ${error.message}\r\n`;
    assertThrows(() => decoder.next(new Frame()), ProtocolError, error.message);
  }
  return output;
}

Deno.test("CommandDecoder answers malformed requests as the reference does", async (t) => {
  for (const one of PROTOCOL_CASES) {
    await t.step(one.name, () => {
      for (const size of [1, 7, 1 << 20]) {
        assertEquals(answers(one.input, size, !one.unauthenticated), expectedOutput(one));
      }
    });
  }
});

interface Sent {
  readonly args: Uint8Array[];
  readonly bytes: Uint8Array;
  readonly canonical: boolean;
}

function concat(parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const argument: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 20, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 3000 }) },
  {
    weight: 1,
    arbitrary: fc.nat(300_000).map((length) => new Uint8Array(length).fill(length)),
  },
);

const args = fc.oneof(
  { weight: 10, arbitrary: fc.array(argument, { minLength: 1, maxLength: 6 }) },
  {
    weight: 1,
    arbitrary: fc.nat(3000).map((count) =>
      Array.from({ length: count + 1 }, (_, i): Uint8Array => bytesOf(String(i)))
    ),
  },
);

const arrayCommand: fc.Arbitrary<Sent> = args.map((args) => ({
  args,
  bytes: Frame.fromBytes(args).encoded(),
  canonical: true,
}));

const oddCommand: fc.Arbitrary<Sent> = fc.record({
  args,
  terminator: fc.uint8Array({ minLength: 2, maxLength: 2 }),
}).map(({ args, terminator }) => ({
  args,
  bytes: concat([
    bytesOf(`*${args.length}\r\n`),
    ...args.flatMap((one) => [bytesOf(`$${one.length}\r\n`), one, terminator]),
  ]),
  canonical: byteString(terminator) === "\r\n",
}));

const inlineCommand: fc.Arbitrary<Sent> = fc.record({
  words: fc.array(fc.stringMatching(/^[a-z]{1,10}$/), { minLength: 1, maxLength: 5 }),
  end: fc.constantFrom("\n", "\r\n", " \r\n"),
}).map(({ words, end }) => ({
  args: words.map(bytesOf),
  bytes: bytesOf(words.join(" ") + end),
  canonical: true, // what an inline command becomes
}));

const emptyCommand: fc.Arbitrary<Sent> = fc.constantFrom("*0\r\n", "*-1\r\n", "\r\n", "\n").map(
  (text) => ({ args: [], bytes: bytesOf(text), canonical: true }),
);

const session = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: arrayCommand },
    { weight: 2, arbitrary: oddCommand },
    { weight: 1, arbitrary: inlineCommand },
    { weight: 1, arbitrary: emptyCommand },
  ),
  { maxLength: 20 },
);

const sizes = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 100_000 })),
  { minLength: 1, maxLength: 20 },
);

function cycle(sizes: readonly number[]): () => number {
  let i = 0;
  return () => sizes[i++ % sizes.length];
}

Deno.test("CommandDecoder gives the same commands however their bytes are split", () => {
  fc.assert(
    fc.property(session, sizes, (sent, sizes) => {
      const bytes = concat(sent.map((one) => one.bytes));
      // So that a case of a megabyte doesn't arrive in single bytes.
      const least = bytes.length / 20_000;
      const next = cycle(sizes);
      const decoder = new CommandDecoder();
      const expected = sent.filter((one) => one.args.length > 0);
      let i = 0;
      for (const frame of decode(decoder, bytes, () => Math.ceil(Math.max(next(), least)))) {
        const { args, canonical } = expected[i++];
        assertEquals(frame.argc, args.length);
        for (let k = 0; k < args.length; k++) {
          assertEquals(byteString(frame.copy(k)), byteString(args[k]));
        }
        assertEquals(frame.canonical, canonical);
        const own = byteString(Frame.fromBytes(args).encoded());
        if (canonical) assertEquals(byteString(frame.buffer, frame.start, frame.end), own);
        assertEquals(byteString(frame.encoded()), own);
      }
      assertEquals(i, expected.length);
      assertEquals(decoder.received, bytes.length);
      assertEquals(decoder.pending, 0);
    }),
    { numRuns: 150 },
  );
});

const protocolWords = fc.constantFrom(
  "*1\r\n",
  "*2\r\n",
  "*-1\r\n",
  "$3\r\n",
  "$-1\r\n",
  "$0\r\n",
  "\r\n",
  "\r",
  "\n",
  "*",
  "$",
  "GET",
  '"',
  "'",
  "\0",
  " ",
  "9999999999",
  "*1000000\r\n",
  "$1000000\r\n",
);

const garbage = fc.array(
  fc.oneof(protocolWords.map(bytesOf), fc.uint8Array({ maxLength: 10 })),
  { maxLength: 60 },
).map(concat);

Deno.test("CommandDecoder takes any garbage, and only a ProtocolError comes of it", () => {
  fc.assert(
    fc.property(garbage, sizes, fc.boolean(), (bytes, sizes, authenticated) => {
      const decoder = new CommandDecoder({ ...defaultLimits(), authenticated });
      let commands = 0;
      try {
        for (const frame of decode(decoder, bytes, cycle(sizes))) {
          commands++;
          assert(frame.argc > 0);
          for (let i = 0; i < frame.argc; i++) {
            assert(frame.argStart(i) <= frame.argEnd(i));
            assert(frame.argEnd(i) <= frame.end);
          }
        }
        assertEquals(decoder.received, bytes.length);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        assert(!/[\r\n]/.test(error.message));
      }
      assert(commands <= bytes.length);
    }),
    { numRuns: 2000 },
  );
});

/** What can be seen of a decoder from outside, and the command that it has given out. */
function stateOf(decoder: CommandDecoder, frame: Frame | null): unknown[] {
  const { pending, unparsed, held, received, argumentBytes } = decoder;
  const given = frame && [frame.strings(), frame.canonical, byteString(frame.encoded())];
  return [pending, unparsed, held, received, argumentBytes, given];
}

/** A command by `next`: its frame, null where there is none, or the error's text. */
function outcomeOf(decoder: CommandDecoder, frame: Frame): Frame | null | string {
  try {
    return decoder.next(frame) ? frame : null;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return error.message;
  }
}

const plainCommands = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: arrayCommand },
    { weight: 1, arbitrary: oddCommand },
    { weight: 1, arbitrary: inlineCommand },
  ).map(({ bytes }) => bytes),
  { maxLength: 30 },
).map(concat);

Deno.test("CommandDecoder gives out the same whether commands are decoded ahead or not", () => {
  let aheads = 0;
  fc.assert(
    fc.property(
      fc.oneof(plainCommands, garbage, fc.tuple(plainCommands, garbage, plainCommands).map(concat)),
      sizes,
      fc.boolean(),
      fc.array(fc.record({ take: fc.nat(9), putBack: fc.boolean() }), { minLength: 1 }),
      (bytes, sizes, authenticated, plan) => {
        const limits = { ...defaultLimits(), authenticated };
        const ahead = new CommandDecoder(limits), plain = new CommandDecoder(limits);
        const commands = new CommandsAhead(), frame = new Frame(), expected = new Frame();
        const next = cycle(sizes), least = bytes.length / 2000;
        let step = 0;
        for (let at = 0; at < bytes.length;) {
          const target = ahead.writable(), other = plain.writable();
          assertEquals(target.length, other.length);
          const size = Math.min(target.length, Math.ceil(Math.max(next(), least)));
          const piece = bytes.subarray(at, at + size);
          for (const [decoder, into] of [[ahead, target], [plain, other]] as const) {
            into.set(piece);
            decoder.commit(piece.length);
          }
          at += piece.length;
          for (let isDone = false; !isDone;) {
            const { take, putBack } = plan[step++ % plan.length];
            ahead.ahead(commands);
            const count = Math.min(commands.count, take);
            aheads += count;
            for (let i = 0; i < count; i++) {
              ahead.take(commands, i, frame);
              assertEquals(outcomeOf(plain, expected), expected);
              assertEquals(stateOf(ahead, frame), stateOf(plain, expected));
            }
            if (putBack && count > 0) {
              ahead.putBack();
              plain.putBack();
            }
            const given = outcomeOf(ahead, frame), wanted = outcomeOf(plain, expected);
            isDone = typeof wanted === "string" || wanted === null;
            if (isDone) assertEquals(given, wanted);
            else assert(given === frame);
            assertEquals(
              stateOf(ahead, isDone ? null : frame),
              stateOf(plain, isDone ? null : expected),
            );
            if (typeof wanted === "string") return;
          }
        }
      },
    ),
    { numRuns: 1000 },
  );
  assert(aheads > 1000);
});

Deno.test("CommandDecoder decodes nothing ahead that a limit may forbid, or that is begun", () => {
  const long = "x".repeat(16 * 1024 + 1), ten = "$1\r\na\r\n".repeat(10);
  const plain = "*1\r\n$4\r\nPING\r\n";
  const commands = new CommandsAhead();
  for (const odd of [`*1\r\n$${long.length}\r\n${long}\r\n`, `*10\r\n${ten}`, "PING\r\n"]) {
    const decoder = new CommandDecoder();
    decoder.feed(bytesOf(plain + odd + plain));
    decoder.ahead(commands);
    assertEquals(commands.count, 1);
  }
  const decoder = new CommandDecoder();
  decoder.feed(bytesOf(plain.slice(0, 9)));
  assert(!decoder.next(new Frame()));
  decoder.feed(bytesOf(plain.slice(9) + plain));
  decoder.ahead(commands);
  assertEquals(commands.count, 0);
});

Deno.test("CommandDecoder keeps frames of one batch valid until writable is called", () => {
  const decoder = new CommandDecoder();
  const input = Frame.fromStrings(["GET", "a"]).encoded();
  decoder.feed(concat([input, input, input.subarray(0, 9)]));
  const first = new Frame(), second = new Frame(), third = new Frame();
  assert(decoder.next(first) && decoder.next(second) && !decoder.next(third));
  assertEquals([first.strings(), second.strings()], [["GET", "a"], ["GET", "a"]]);
  decoder.feed(input.subarray(9));
  assert(decoder.next(second)); // another frame may take over an unfinished command
  assertEquals(second.strings(), ["GET", "a"]);
});

Deno.test("CommandDecoder gives a command once more when it is put back, in whatever form it came", () => {
  for (
    const first of ["*2\r\n$4\r\nECHO\r\n$1\r\na\r\n", "ECHO a\r\n", "*0\r\n\r\nECHO a\n"]
  ) {
    const decoder = new CommandDecoder();
    const input = `PING\r\n${first}ECHO b\r\n*1\r\n$4\r\nPI`;
    decoder.feed(bytesOf(input));
    const frame = new Frame();
    assert(decoder.next(frame));
    for (let i = 0; i < 3; i++) {
      assert(decoder.next(frame));
      assertEquals(frame.strings(), ["ECHO", "a"]);
      decoder.putBack();
    }
    // It waits as all that nobody has taken does, while more comes in.
    decoder.feed(bytesOf("NG\r\n" + "PING\r\n".repeat(1000)));
    const taken: string[] = [];
    while (decoder.next(frame)) taken.push(frame.strings().join(" "));
    assertEquals(taken, ["ECHO a", "ECHO b", ...Array.from({ length: 1001 }, () => "PING")]);
    assertEquals(decoder.pending, 0);
    assertEquals(decoder.received, input.length + 6004);
  }
});

Deno.test("CommandDecoder keeps nothing of what it is told to discard", () => {
  const decoder = new CommandDecoder();
  const frame = new Frame();
  for (let i = 0; i < 1000; i++) {
    decoder.feed(bytesOf("PING\r\n".repeat(100) + "*2\r\n$3\r\nGET\r\n$1000"));
    decoder.discard();
    assertEquals([decoder.pending, decoder.next(frame)], [0, false]);
  }
  assert(decoder.capacity <= LARGE_CHUNK);
  decoder.feed(bytesOf("PING\r\n"));
  assert(decoder.next(frame));
});

Deno.test("CommandDecoder reads its limits at every command", () => {
  const limits = { ...defaultLimits(), authenticated: false };
  const decoder = new CommandDecoder(limits);
  const large = Frame.fromStrings(["SET", "k", "x".repeat(20_000)]).encoded();
  decoder.feed(concat([bytesOf("AUTH x\r\n"), large]));
  const frame = new Frame();
  assert(decoder.next(frame));
  limits.authenticated = true;
  assert(decoder.next(frame));
  assertEquals(frame.argLength(2), 20_000);
  limits.maxBulkLength = 19_999;
  decoder.feed(large);
  assertThrows(() => decoder.next(frame), ProtocolError, "invalid bulk length");
});

Deno.test("CommandDecoder allocates for bytes that came and not for lengths that were claimed", () => {
  const decoder = new CommandDecoder();
  decoder.feed(bytesOf("*1000000000\r\n$536870912\r\n"));
  const frame = new Frame();
  assert(!decoder.next(frame));
  decoder.writable();
  assertLess(decoder.capacity, 5000);
  assertLess(frame.offsets.length, 100);
  const mebibyte = new Uint8Array(1 << 20);
  for (let mebibytes = 1; mebibytes <= 20; mebibytes++) {
    decoder.feed(mebibyte);
    assert(!decoder.next(frame));
    assert(decoder.capacity <= 2 * (mebibytes + 1) * mebibyte.length);
  }
});

Deno.test("CommandDecoder needs no more than a large last argument has", () => {
  const decoder = new CommandDecoder();
  const bytes = Frame.fromStrings(["SET", "key", "x".repeat(3_000_000)]).encoded();
  let largest = 0;
  for (const _ of decode(decoder, bytes, () => 50_000)) largest = decoder.capacity;
  assertEquals(largest, bytes.length);
});

Deno.test("CommandDecoder gives large buffers back when they are empty", () => {
  const pool = new ChunkPool();
  const decoder = new CommandDecoder(defaultLimits(), pool);
  const frame = new Frame();
  for (const length of [100_000, 3_000_000]) {
    decoder.feed(Frame.fromStrings(["SET", "key", "x".repeat(length)]).encoded());
    decoder.feed(bytesOf("*1\r\n$4\r\nPI")); // what is left must not keep it
    assert(decoder.next(frame));
    assert(!decoder.next(frame));
    decoder.writable();
    assert(decoder.capacity <= LARGE_CHUNK);
    assertEquals(frame.buffer.length, 0);
    decoder.feed(bytesOf("NG\r\n"));
    assert(decoder.next(frame) && !decoder.next(frame));
    decoder.writable();
    assert(decoder.capacity <= SMALL_CHUNK);
  }
  decoder.close();
  assertEquals(decoder.capacity, 0);
  // 1 KB and 4 KB are what it began with.
  assertEquals(pool.unusedBytes, LARGE_CHUNK + SMALL_CHUNK + 1024 + 4096);
});

Deno.test("CommandDecoder starts small, grows with full reads and shrinks with small ones", () => {
  const decoder = new CommandDecoder();
  const ping = bytesOf("PING\r\n");
  const frame = new Frame();
  assertEquals(decoder.writable().length, 1024);
  for (let expected = 1024; expected <= LARGE_CHUNK; expected *= 4) {
    const target = decoder.writable();
    assertEquals(target.length, expected);
    target.fill(10);
    decoder.commit(target.length);
    assert(!decoder.next(frame));
  }
  for (let i = 0; i < 500; i++) {
    decoder.writable().set(ping);
    decoder.commit(ping.length);
    assert(decoder.next(frame) && !decoder.next(frame));
  }
  assertEquals(decoder.capacity, 1024);
});

Deno.test("CommandDecoder limits the bytes that wait, finished arguments aside", () => {
  const limits = { ...defaultLimits(), maxQueryBuffer: 1 << 20 };
  const values = Array.from({ length: 100 }, (_, i) => [`key:${i}`, "x".repeat(20_000)]);
  const many = Frame.fromStrings(["MSET", ...values.flat()]).encoded();
  assertEquals([...decode(new CommandDecoder(limits), many, () => 16384)].length, 1);

  const one = Frame.fromStrings(["SET", "key", "x".repeat(1 << 20)]).encoded();
  assertThrows(
    () => [...decode(new CommandDecoder(limits), one, () => 16384)],
    QueryBufferLimitError,
  );
  // Commands that nobody takes, as those of a blocked client, count as well.
  assertThrows(() => new CommandDecoder(limits).feed(one), QueryBufferLimitError);
});

Deno.test("CommandDecoder does not keep the positions of an unusually long command", () => {
  const decoder = new CommandDecoder();
  const frame = new Frame();
  decoder.feed(Frame.fromBytes(Array.from({ length: 10_000 }, () => new Uint8Array(0))).encoded());
  decoder.feed(bytesOf("*1\r\n$4\r\nPING\r\n"));
  assert(decoder.next(frame));
  assert(frame.offsets.length >= 20_000);
  assert(decoder.next(frame));
  assertEquals(frame.strings(), ["PING"]);
  assertLess(frame.offsets.length, 100);
});

Deno.test("CommandDecoder takes time linear in the bytes when they come one by one", () => {
  // Were anything looked at again for each byte, any of these would take minutes.
  const limits = { ...defaultLimits(), inlineLimit: 1 << 21 };
  const inputs = [
    Frame.fromBytes(Array.from({ length: 300_000 }, () => new Uint8Array(1))).encoded(),
    Frame.fromBytes([new Uint8Array(1 << 20)]).encoded(),
    bytesOf("x".repeat(1 << 20) + "\n"),
  ];
  const taken = cpuTimeOf(() => {
    for (const input of inputs) {
      assertEquals([...decode(new CommandDecoder(limits), input, () => 1)].length, 1);
    }
  });
  assertLess(taken, 30_000);
});
