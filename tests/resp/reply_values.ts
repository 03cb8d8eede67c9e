/** Replies of any shape for property tests: how they are written and what must be read. */

import fc from "fast-check";
import { bytesOf, byteString, Span } from "../../src/base/span.ts";
import { ReplyError } from "../../src/base/errors.ts";
import {
  Attributed,
  Push,
  type Reply,
  type ReplyOptions,
  Verbatim,
} from "../../src/resp/reply_reader.ts";
import type { ReplyWriter } from "../../src/resp/reply_writer.ts";

/** A reply, as a call of the writer and as the value that a client sees under each protocol. */
export interface ReplyCase {
  write(writer: ReplyWriter): void;
  expected(resp: 2 | 3, options: ReplyOptions): Reply;
}

const byte = fc.nat(255).map((code) => String.fromCharCode(code));
const bulkText = fc.oneof(
  { weight: 10, arbitrary: fc.string({ unit: byte, maxLength: 30 }) },
  { weight: 2, arbitrary: fc.string({ unit: byte, minLength: 200, maxLength: 1500 }) },
  { weight: 1, arbitrary: fc.nat(150_000).map((length) => "y".repeat(length)) },
);
const line = fc.string({ unit: byte, maxLength: 300 }).map((text) => text.replace(/[\r\n]/g, "_"));

function bulkValue(text: string, options: ReplyOptions): Reply {
  return options.bulk === "bytes" ? bytesOf(text) : text;
}

function one(write: (writer: ReplyWriter) => void, resp2: Reply, resp3 = resp2): ReplyCase {
  return { write, expected: (resp) => resp === 2 ? resp2 : resp3 };
}

function bulkInResp2(
  write: (writer: ReplyWriter) => void,
  text: string,
  resp3: Reply,
): ReplyCase {
  return {
    write,
    expected: (resp, options) => resp === 2 ? bulkValue(text, options) : resp3,
  };
}

const simple = fc.oneof(
  line.map((text) => one((writer) => writer.simple(text), text)),
  fc.constant(one((writer) => writer.ok(), "OK")),
  fc.string({ unit: byte, maxLength: 400 }).map((text) =>
    one(
      (writer) => writer.error(text),
      new ReplyError(text.replace(/[\r\n]+$/, "").replace(/[\r\n]/g, " ")),
    )
  ),
  fc.maxSafeInteger().map((value) => one((writer) => writer.integer(value), value)),
  fc.integer({ min: -20, max: 2000 }).map((value) => one((writer) => writer.integer(value), value)),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }).map((value) =>
    one((writer) => writer.integer(value), value)
  ),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }).map((value) =>
    one((writer) => writer.integer(value), value)
  ),
  bulkText.map((text): ReplyCase => ({
    write: (writer) => writer.bulkString(text),
    expected: (_, options) => bulkValue(text, options),
  })),
  bulkText.map((text): ReplyCase => ({
    write: (writer) => writer.bulk(Span.ofString(text)),
    expected: (_, options) => bulkValue(text, options),
  })),
  bulkText.map((text): ReplyCase => ({
    write: (writer) => writer.bulkBytes(bytesOf(`ab${text}c`), 2, text.length + 2),
    expected: (_, options) => bulkValue(text, options),
  })),
  fc.maxSafeInteger().map((value): ReplyCase => ({
    write: (writer) => writer.bulkInteger(value),
    expected: (_, options) => bulkValue(String(value), options),
  })),
  fc.constant(one((writer) => writer.null(), null)),
  fc.constant(one((writer) => writer.nullArray(), null)),
  fc.boolean().map((value) => one((writer) => writer.boolean(value), value ? 1 : 0, value)),
  fc.integer({ min: -1000, max: 1000 }).map((value) => value / 4).map((value) =>
    bulkInResp2((writer) => writer.double(value), String(value), value)
  ),
  fc.constantFrom(Infinity, -Infinity).map((value) =>
    bulkInResp2((writer) => writer.double(value), value > 0 ? "inf" : "-inf", value)
  ),
  fc.bigInt().map((value) =>
    bulkInResp2((writer) => writer.bigNumber(String(value)), String(value), value)
  ),
  bulkText.map((text) =>
    bulkInResp2((writer) => writer.verbatim(text, "txt"), text, new Verbatim("txt", text))
  ),
  bulkText.map((text): ReplyCase => ({
    write: (writer) => writer.raw(bytesOf(`$${text.length}\r\n${text}\r\n`)),
    expected: (_, options) => bulkValue(text, options),
  })),
);

type Kind = "array" | "set" | "map" | "push";

function aggregate(kind: Kind, items: ReplyCase[], deferred: boolean): ReplyCase {
  const count = kind === "map" ? items.length / 2 : items.length;
  return {
    write(writer) {
      let mark = -1;
      if (deferred && kind === "array") mark = writer.deferArray();
      else if (deferred && kind === "map") mark = writer.deferMap();
      else if (deferred && kind === "set") mark = writer.deferSet();
      else writer[kind](count);
      for (const item of items) item.write(writer);
      if (mark >= 0) writer.setDeferred(mark, count);
    },
    expected(resp, options) {
      const values = items.map((item) => item.expected(resp, options));
      if (resp === 2 || kind === "array") return values;
      if (kind === "set") return new Set(values);
      if (kind === "push") return new Push(values);
      return new Map(
        Array.from({ length: count }, (_, i) => [values[2 * i], values[2 * i + 1]]),
      );
    },
  };
}

/** Any reply, aggregates nested up to three deep and with deferred counts among them. */
export const replyCase: fc.Arbitrary<ReplyCase> = fc.letrec<{ reply: ReplyCase }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 3, arbitrary: simple },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom<Kind>("array", "set", "map", "push"),
        items: fc.array(tie("reply"), { maxLength: 12 }),
        deferred: fc.boolean(),
      }).map(({ kind, items, deferred }) =>
        aggregate(kind, kind === "map" && items.length % 2 > 0 ? items.slice(1) : items, deferred)
      ),
    },
  ),
})).reply;

/** A reply as text in which equal replies are equal, whatever the order of what a Map compares by identity. */
export function describeReply(reply: Reply): string {
  if (reply === null) return "null";
  if (reply instanceof Uint8Array) return `bytes(${byteString(reply)})`;
  if (reply instanceof ReplyError) return `error(${reply.message})`;
  if (reply instanceof Verbatim) return `verbatim(${reply.format},${reply.text})`;
  if (reply instanceof Push) return `push(${reply.items.map(describeReply).join()})`;
  if (reply instanceof Attributed) {
    return `attributed(${describeReply(reply.attributes)},${describeReply(reply.reply)})`;
  }
  if (reply instanceof Set) return `set(${[...reply].map(describeReply).join()})`;
  if (reply instanceof Map) {
    return `map(${[...reply].map(([k, v]) => `${describeReply(k)}=${describeReply(v)}`).join()})`;
  }
  if (Array.isArray(reply)) return `array(${reply.map(describeReply).join()})`;
  return `${typeof reply}(${Object.is(reply, -0) ? "-0" : String(reply)})`;
}
