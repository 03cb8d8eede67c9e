import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { bytesOf, byteString } from "../../src/base/span.ts";
import { ReplyError } from "../../src/base/errors.ts";
import { ProtocolError } from "../../src/resp/protocol_error.ts";
import {
  Attributed,
  completeReplyLength,
  encodeCommand,
  Push,
  type Reply,
  ReplyDecoder,
  type ReplyOptions,
  replyStream,
  Verbatim,
} from "../../src/resp/reply_reader.ts";
import { ReplyWriter } from "../../src/resp/reply_writer.ts";
import { describeReply, replyCase } from "./reply_values.ts";

function decodeAll(text: string, options?: ReplyOptions): Reply[] {
  const decoder = new ReplyDecoder(options);
  decoder.feed(bytesOf(text));
  const replies = [...decoder.replies()];
  assert(!decoder.incomplete, "bytes are left");
  return replies;
}

const KINDS: readonly [name: string, wire: string, value: Reply][] = [
  ["a simple string", "+OK\r\n", "OK"],
  ["an error", "-ERR no\r\n", new ReplyError("ERR no")],
  ["an integer", ":-12\r\n", -12],
  ["a large integer", ":9223372036854775807\r\n", 9223372036854775807n],
  ["a bulk string", "$5\r\na\r\nb\xff\r\n", "a\r\nb\xff"],
  ["an empty bulk string", "$0\r\n\r\n", ""],
  ["a RESP2 null", "$-1\r\n", null],
  ["a RESP2 null array", "*-1\r\n", null],
  ["a null", "_\r\n", null],
  ["an empty array", "*0\r\n", []],
  ["a nested array", "*2\r\n*1\r\n:1\r\n$-1\r\n", [[1], null]],
  ["a map", "%1\r\n+a\r\n*0\r\n", new Map<Reply, Reply>([["a", []]])],
  ["a set", "~2\r\n:1\r\n:2\r\n", new Set<Reply>([1, 2])],
  ["a push", ">2\r\n+message\r\n$1\r\nx\r\n", new Push(["message", "x"])],
  ["true", "#t\r\n", true],
  ["false", "#f\r\n", false],
  ["a double", ",-1.5e3\r\n", -1500],
  ["infinity", ",inf\r\n", Infinity],
  ["minus infinity", ",-inf\r\n", -Infinity],
  ["no number", ",nan\r\n", NaN],
  ["a big number", "(-12345678901234567890123\r\n", -12345678901234567890123n],
  ["a bulk error", "!8\r\nERR a\r\nb\r\n", new ReplyError("ERR a\r\nb")],
  ["a verbatim string", "=7\r\nmkd:*a*\r\n", new Verbatim("mkd", "*a*")],
  [
    "an attribute",
    "|1\r\n+ttl\r\n:3\r\n*1\r\n:1\r\n",
    new Attributed(new Map<Reply, Reply>([["ttl", 3]]), [1]),
  ],
  [
    "an attribute within an array",
    "*2\r\n|1\r\n+a\r\n:1\r\n:5\r\n:6\r\n",
    [new Attributed(new Map<Reply, Reply>([["a", 1]]), 5), 6],
  ],
];

Deno.test("ReplyDecoder decodes every kind of reply", async (t) => {
  for (const [name, wire, value] of KINDS) {
    await t.step(name, () => {
      assertEquals(decodeAll(wire).map(describeReply), [describeReply(value)]);
      const decoder = new ReplyDecoder();
      for (let i = 0; i < wire.length - 1; i++) {
        decoder.feed(bytesOf(wire[i]));
        assertEquals(decoder.next(), undefined);
        assert(decoder.incomplete);
        assertEquals(completeReplyLength(bytesOf(wire.slice(0, i + 1))), -1);
      }
      decoder.feed(bytesOf("\n"));
      assertEquals(describeReply(decoder.next() as Reply), describeReply(value));
      assertEquals(completeReplyLength(bytesOf(`xy${wire}:1\r\n`), 2), wire.length);
    });
  }
});

Deno.test("ReplyDecoder gives bulk strings as bytes when asked for", () => {
  const [reply] = decodeAll("*2\r\n$2\r\na\xff\r\n+b\r\n", { bulk: "bytes" });
  assertEquals(reply, [bytesOf("a\xff"), "b"]);
});

Deno.test("ReplyDecoder throws a ProtocolError when the bytes are no reply", async (t) => {
  const wrong = [
    "x\r\n",
    "\r\n",
    ":\r\n",
    ":1a\r\n",
    ":99999999999999999999\r\n",
    "$a\r\n",
    "$-2\r\n",
    "*-2\r\n",
    "~-1\r\n",
    "%-1\r\n",
    "|-1\r\n",
    "!-1\r\n",
    "#x\r\n",
    ",\r\n",
    ",0x10\r\n",
    "(1.5\r\n",
  ];
  for (const wire of wrong) {
    await t.step(JSON.stringify(wire), () => {
      assertThrows(() => decodeAll(wire), ProtocolError);
      assertThrows(() => completeReplyLength(bytesOf(wire)), ProtocolError);
    });
  }
  assertThrows(() => decodeAll("$1\r\nabc\r\n"), ProtocolError, "longer");
});

Deno.test("ReplyDecoder reads what ReplyWriter wrote, however the bytes are split", () => {
  const property = fc.property(
    fc.array(replyCase, { minLength: 1, maxLength: 8 }),
    fc.constantFrom<2 | 3>(2, 3),
    fc.constantFrom<"string" | "bytes">("string", "bytes"),
    fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 8 }),
    fc.boolean(),
    (cases, resp, bulk, sizes, inPieces) => {
      const writer = new ReplyWriter();
      writer.resp = resp;
      const pieces: Uint8Array[] = [];
      for (const one of cases) {
        one.write(writer);
        if (inPieces) pieces.push(writer.bytes());
      }
      const size = writer.size;
      const rest = writer.bytes();
      assertEquals(rest.length, size);
      assertEquals(writer.size, 0);
      const wire = bytesOf([...pieces, rest].map((piece) => byteString(piece)).join(""));

      const expected = cases.map((one) => describeReply(one.expected(resp, { bulk })));
      const decoder = new ReplyDecoder({ bulk });
      const replies: string[] = [];
      for (let at = 0, i = 0; at < wire.length; i++) {
        const piece = wire.subarray(at, at + sizes[i % sizes.length]);
        decoder.feed(piece);
        at += piece.length;
        for (const reply of decoder.replies()) replies.push(describeReply(reply));
      }
      assert(!decoder.incomplete);
      assertEquals(replies.length, expected.length);
      replies.forEach((reply, i) => assert(reply === expected[i], `reply ${i} differs`));

      let at = 0;
      for (let i = 0; i < cases.length; i++) at += completeReplyLength(wire, at);
      assertEquals(at, wire.length);
      assertEquals(completeReplyLength(wire, at), -1);
    },
  );
  fc.assert(property, { numRuns: 300 });
});

Deno.test("ReplyDecoder takes any garbage, and only a ProtocolError comes of it", () => {
  const word = fc.constantFrom(
    "*",
    "$3\r\n",
    "\r\n",
    ":1\r\n",
    "*2\r\n",
    "%1\r\n",
    "|1\r\n",
    "_\r\n",
    ",1\r\n",
    "x",
  );
  const garbage = fc.array(fc.oneof(word.map(bytesOf), fc.uint8Array({ maxLength: 5 })), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(garbage, (pieces) => {
      const decoder = new ReplyDecoder();
      let replies = 0, bytes = 0;
      try {
        for (const piece of pieces) {
          bytes += piece.length;
          decoder.feed(piece);
          for (const _ of decoder.replies()) replies++;
        }
      } catch (error) {
        assertInstanceOf(error, ProtocolError);
      }
      assert(replies <= bytes);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("ReplyDecoder decodes deep nesting without recursion", () => {
  const depth = 200_000;
  const limits = { line: 100, size: 2 ** 30, depth };
  const [reply] = decodeAll("*1\r\n".repeat(depth) + ":1\r\n", { limits });
  let inner: Reply = reply;
  let levels = 0;
  while (Array.isArray(inner)) {
    inner = inner[0];
    levels++;
  }
  assertEquals([levels, inner], [depth, 1]);
});

/** Feeds pieces until the decoder refuses; how many bytes it has taken by then. */
function fedUntilRefused(piece: string, options?: ReplyOptions, most = 8 * 1024 ** 2): number {
  const decoder = new ReplyDecoder(options);
  const bytes = bytesOf(piece);
  let fed = 0;
  try {
    while (fed < most) {
      decoder.feed(bytes);
      fed += bytes.length;
      while (decoder.next() !== undefined);
    }
  } catch (error) {
    assertInstanceOf(error, ProtocolError);
    return fed;
  }
  throw new Error(`${fed} bytes were taken`);
}

Deno.test("ReplyDecoder refuses what would make it keep more than its limits allow", () => {
  const limits = { line: 1000, size: 100_000, depth: 4 };
  const within = (piece: string) => fedUntilRefused(piece, { limits });
  assert(within("x".repeat(100)) <= 1100);
  assert(within("$90000000000\r\n") <= 20);
  assert(within("*1\r\n") <= 5 * 4);
  assert(within("%1\r\n+k\r\n") <= 5 * 8);
  const elements = new ReplyDecoder({ limits });
  elements.feed(bytesOf("*1000000000\r\n" + ":1\r\n".repeat(1000)));
  assertEquals(elements.next(), undefined);
  elements.feed(bytesOf("%0\r\n".repeat(1000)));
  assertThrows(() => elements.next(), ProtocolError, "too long");
  // Nothing of it is counted for the reply that comes next.
  const many = new ReplyDecoder({ limits });
  const wire = bytesOf("*2\r\n$60000\r\n" + "x".repeat(60_000) + "\r\n:1\r\n");
  for (let i = 0; i < 5; i++) {
    many.feed(wire);
    assert(Array.isArray(many.next()));
  }
});

Deno.test("ReplyDecoder has limits when none are given", () => {
  assert(fedUntilRefused("x".repeat(10_000)) <= 80_000);
  assert(fedUntilRefused(">1\r\n") <= 1001 * 4);
  assert(fedUntilRefused("$1073741825\r\n") <= 20);
  // Longer strings than that the runtime does not have.
  assert(fedUntilRefused("$536870889\r\n") <= 20);
  assertThrows(() => fedUntilRefused("$536870889\r\n", { bulk: "bytes" }, 1), Error, "were taken");
});

Deno.test("replyStream gives the replies of a stream of bytes", async () => {
  const chunks = ["+OK\r\n:", "1\r\n$-1", "\r\n*1\r\n+a\r\n"].map(bytesOf);
  const replies = await Array.fromAsync(ReadableStream.from(chunks).pipeThrough(replyStream()));
  assertEquals(replies, ["OK", 1, null, ["a"]]);
});

Deno.test("replyStream errors when the bytes end within a reply", async () => {
  const stream = ReadableStream.from([bytesOf("+OK\r\n*2\r\n:1\r\n")]).pipeThrough(replyStream());
  const reader = stream.getReader();
  assertEquals((await reader.read()).value, "OK");
  await assertRejects(() => reader.read(), ProtocolError, "ended within");
});

Deno.test("encodeCommand encodes strings, bytes and numbers as bulk strings", () => {
  const bytes = encodeCommand(["SET", bytesOf("k\r\n"), -5, 2n ** 64n, "\xff"]);
  assertEquals(
    byteString(bytes),
    "*5\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$2\r\n-5\r\n$20\r\n18446744073709551616\r\n$1\r\n\xff\r\n",
  );
});

Deno.test("encodeCommand refuses text that is no byte string and numbers without a value", () => {
  assertThrows(() => encodeCommand(["SET", "k", "€"]), RangeError);
  assertThrows(() => encodeCommand(["SET", "k", NaN]), RangeError);
});
