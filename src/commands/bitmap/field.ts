/** BITFIELD, BITFIELD_RO. */

import type { CallKeys } from "../../access/call_keys.ts";
import { keyFlagBits } from "../../access/key_flags.ts";
import { ReplyError } from "../../base/errors.ts";
import { normalizeInteger } from "../../base/numbers.ts";
import { addToField, readField, writeField } from "../../data/bitfield.ts";
import { byteOfBit } from "../../data/bitmap.ts";
import { ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, integer, key, keyAt, oneOf, string, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readTyped } from "../lookup.ts";
import { openBitmap } from "./access.ts";
import { type FieldOperation, onlyReads, readFieldOperations } from "./field_operations.ts";

const ONLY_GET = new ReplyError("ERR BITFIELD_RO only supports the GET subcommand");

function bitfield(context: CommandContext, args: Frame): void {
  const operations = readFieldOperations(context, args);
  if (operations.some(({ name }) => name !== "get")) changeFields(context, args, operations);
  else replyFields(context, args, operations);
}

function bitfieldRo(context: CommandContext, args: Frame): void {
  const operations = readFieldOperations(context, args);
  if (operations.some(({ name }) => name !== "get")) throw ONLY_GET;
  replyFields(context, args, operations);
}

function replyFields(
  { db, reply }: CommandContext,
  args: Frame,
  operations: readonly FieldOperation[],
): void {
  const row = readTyped(db, args.span(1), ValueType.String);
  const ref = row === NO_ROW ? 0 : db.refOf(row);
  const buffer = db.store.buffer(ref), base = db.store.offset(ref);
  const length = db.store.length(ref);
  reply.array(operations.length);
  for (const { type, offset } of operations) {
    reply.integer(normalizeInteger(readField(buffer, base, length, offset, type)));
  }
}

function changeFields(
  { db, reply }: CommandContext,
  args: Frame,
  operations: readonly FieldOperation[],
): void {
  const key = args.span(1);
  let lastBit = 0;
  for (const { name, type, offset } of operations) {
    if (name !== "get") lastBit = Math.max(lastBit, offset + type.bits - 1);
  }
  // As in Redis the string grows, and comes into being, even if everything overflows and fails.
  const { row, grew } = openBitmap(db, key, byteOfBit(lastBit) + 1);
  const ref = db.refOf(row);
  const buffer = db.store.buffer(ref), base = db.store.offset(ref);
  const length = db.store.length(ref);

  let changes = 0;
  reply.array(operations.length);
  for (const { name, type, offset, operand, overflow } of operations) {
    const old = readField(buffer, base, length, offset, type);
    if (name === "get") {
      reply.integer(normalizeInteger(old));
      continue;
    }
    const value = name === "incrby"
      ? addToField(type, old, operand, overflow)
      : addToField(type, type.signed ? operand : BigInt.asUintN(64, operand), 0n, overflow);
    if (value === null) {
      reply.null();
      continue;
    }
    reply.integer(normalizeInteger(name === "set" ? old : value));
    writeField(buffer, base, offset, type, value);
    if (grew || value !== old) changes++;
  }
  if (changes > 0) db.changed(key, EventClass.String, "setbit", changes);
}

const READ_ONLY = keyFlagBits(["RO", "access"]);
const READ_AND_CHANGED = keyFlagBits(["RW", "access", "update"]);

/** The key, which is only read where nothing but GET is asked for. */
function findFieldKey(args: Frame, keys: CallKeys): void {
  keys.addOne(1, onlyReads(args) ? READ_ONLY : READ_AND_CHANGED);
}

export const BITFIELD: CommandDeclaration = {
  name: "bitfield",
  summary: "Reads, sets and increments integers of any width at any bit of a string",
  since: "3.2.0",
  group: "bitmap",
  complexity: "O(1) for each operation",
  arity: -2,
  flags: ["write", "denyoom"],
  categories: ["bitmap"],
  keys: [
    keyAt(1, ["RW", "access", "update", "variable_flags"], "`GET` alone only reads the key"),
  ],
  findKeys: findFieldKey,
  arguments: [
    key(),
    oneOf("operation", [
      block("encoding_offset", [string("encoding"), integer("offset")], { token: "GET" }),
      block("write", [
        oneOf("wrap_sat_fail", [token("WRAP"), token("SAT"), token("FAIL")], {
          token: "OVERFLOW",
          optional: true,
        }),
        oneOf("write_operation", [
          block(
            "encoding_offset_value",
            [string("encoding"), integer("offset"), integer("value")],
            { token: "SET" },
          ),
          block(
            "encoding_offset_increment",
            [string("encoding"), integer("offset"), integer("increment")],
            { token: "INCRBY" },
          ),
        ]),
      ]),
    ], { optional: true, multiple: true }),
  ],
  run: bitfield,
};

export const BITFIELD_RO: CommandDeclaration = {
  name: "bitfield_ro",
  summary: "Reads integers of any width at any bit of a string",
  since: "6.0.0",
  group: "bitmap",
  complexity: "O(1) for each operation",
  arity: -2,
  flags: ["readonly", "fast"],
  categories: ["bitmap"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    block("encoding_offset", [string("encoding"), integer("offset")], {
      token: "GET",
      optional: true,
      multiple: true,
      multipleToken: true,
    }),
  ],
  run: bitfieldRo,
};
