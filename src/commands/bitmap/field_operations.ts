/** What BITFIELD is asked to do. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { parseInteger, requireInteger } from "../../base/numbers.ts";
import type { ByteRange } from "../../base/span.ts";
import { type FieldType, Overflow } from "../../data/bitfield.ts";
import type { Frame } from "../../resp/frame.ts";
import type { CommandContext } from "../context.ts";
import { requireBitOffset } from "./access.ts";

const BAD_TYPE = new ReplyError(
  "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
);
const BAD_OVERFLOW = new ReplyError("ERR Invalid OVERFLOW type specified");

const SIGNED = 0x69;
const UNSIGNED = 0x75;

/** One of the things to do, in their order. */
export interface FieldOperation {
  readonly name: "get" | "set" | "incrby";
  readonly type: FieldType;
  /** The number of the field's first bit. */
  readonly offset: number;
  /** What to set or to add; 0 for GET. */
  readonly operand: bigint;
  readonly overflow: Overflow;
}

/** Reads the arguments from number 2 on. Throws before anything was done. */
export function readFieldOperations(context: CommandContext, args: Frame): FieldOperation[] {
  const operations: FieldOperation[] = [];
  let overflow: Overflow = Overflow.Wrap;
  let i = 2;
  while (i < args.argc) {
    const left = args.argc - i - 1;
    if (args.is(i, "OVERFLOW") && left >= 1) {
      overflow = requireOverflow(args, i + 1);
      i += 2;
      continue;
    }
    const name = requireName(args, i, left);
    const type = requireType(args.span(i + 1));
    const offset = requireBitOffset(context, args.span(i + 2), type.bits);
    const operand = name === "get" ? 0n : BigInt(requireInteger(args.span(i + 3)));
    operations.push({ name, type, offset, operand, overflow });
    i += name === "get" ? 3 : 4;
  }
  return operations;
}

/** Whether the arguments from number 2 on, be they right or wrong, ask for nothing but to read. */
export function onlyReads(args: Frame): boolean {
  let i = 2;
  while (i < args.argc) {
    const left = args.argc - i - 1;
    if (args.is(i, "GET") && left >= 2) i += 3;
    else if (args.is(i, "OVERFLOW") && left >= 1) i += 2;
    else return false;
  }
  return true;
}

/** The name of the operation at argument `i`, which `left` arguments follow. */
function requireName(args: Frame, i: number, left: number): FieldOperation["name"] {
  if (args.is(i, "GET") && left >= 2) return "get";
  if (args.is(i, "SET") && left >= 3) return "set";
  if (args.is(i, "INCRBY") && left >= 3) return "incrby";
  throw SYNTAX_ERROR;
}

function requireOverflow(args: Frame, i: number): Overflow {
  if (args.is(i, "WRAP")) return Overflow.Wrap;
  if (args.is(i, "SAT")) return Overflow.Saturate;
  if (args.is(i, "FAIL")) return Overflow.Fail;
  throw BAD_OVERFLOW;
}

function requireType({ buffer, start, end }: ByteRange): FieldType {
  const signed = start < end && buffer[start] === SIGNED;
  if (!signed && (start === end || buffer[start] !== UNSIGNED)) throw BAD_TYPE;
  const bits = parseInteger(buffer, start + 1, end);
  if (typeof bits !== "number" || bits < 1 || bits > (signed ? 64 : 63)) throw BAD_TYPE;
  return { signed, bits };
}
