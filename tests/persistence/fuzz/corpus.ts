/** What is damaged: values in every form that is read, RDB files of them. */

import { Crc64 } from "../../../src/base/crc64.ts";
import { bytesOf } from "../../../src/base/span.ts";
import { RdbOpcode, RdbType } from "../../../src/persistence/rdb_format.ts";
import { RdbOutput } from "../../../src/persistence/rdb_output.ts";
import type { Random } from "../../support/random.ts";
import { encodeCommandText } from "../../support/raw_client.ts";
import { blob, OLD, seal } from "../rdb_payloads.ts";
import ofRedis from "./redis_payloads.json" with { type: "json" };

const FOOTER_BYTES = 10;

/** Values as in RDB files: the type, then the value. */
export const BODIES: readonly Uint8Array[] = [
  ...(ofRedis as string[][]).map(([, base64]) => bodyOf(base64)),
  ...OLD.map(([, body]) => Uint8Array.from(body)),
  oldStream(),
];

function bodyOf(base64: string): Uint8Array {
  const payload = bytesOf(atob(base64));
  return payload.subarray(0, payload.length - FOOTER_BYTES);
}

/** A stream as Redis 5 wrote it: no first and deleted IDs, no counts of what was added and read. */
function oldStream(): Uint8Array {
  // One entry, 5-0 with a field a and its value 1.
  const node = [
    ...[1, 1, 0, 1, 1, 1, 0x81, 0x61, 2, 0, 1],
    ...[2, 1, 0, 1, 0, 1, 1, 1, 4, 1],
  ];
  const size = 6 + node.length + 1;
  const listpack = [size, 0, 0, 0, 10, 0, ...node, 0xff];
  const id = [0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0];
  const time = new Array(8).fill(1);
  return Uint8Array.from([
    ...[RdbType.StreamListpacks, 1, ...blob(id), ...blob(listpack), 1, 5, 0],
    // A group that gave the entry to its one consumer.
    ...[1, ...blob([0x67]), 5, 0, 1, ...id, ...time, 1],
    ...[1, ...blob([0x63]), ...time, 1, ...id],
  ]);
}

/** A payload of RESTORE with the right checksum. */
export function sealed(body: Uint8Array): Uint8Array {
  return seal([...body]);
}

/** An RDB file without its checksum: a few values, some of which expire, in one or two databases. */
export function randomRdb(random: Random): Uint8Array {
  const output = new RdbOutput(false);
  const magic = bytesOf(random.pick(["REDIS0010", "REDIS0009", "REDIS0006"]));
  output.raw(magic, 0, magic.length);
  output.byte(RdbOpcode.Aux);
  text(output, "redis-ver");
  text(output, "7.0.15");
  const values = 1 + random.below(4);
  for (let i = 0; i < values; i++) {
    if (i === 0 || random.below(4) === 0) {
      output.byte(RdbOpcode.SelectDatabase);
      output.unsigned(random.below(16));
      output.byte(RdbOpcode.ResizeDatabase);
      output.unsigned(values);
      output.unsigned(1);
    }
    writeKey(output, random, `key:${i}`, random.pick(BODIES));
  }
  output.byte(RdbOpcode.End);
  return output.bytes.slice();
}

function writeKey(output: RdbOutput, random: Random, key: string, body: Uint8Array): void {
  switch (random.below(6)) {
    case 0:
      output.byte(RdbOpcode.ExpireTimeMs);
      output.int64(4_000_000_000_000);
      break;
    case 1:
      output.byte(RdbOpcode.ExpireTime);
      output.raw(Uint8Array.of(0, 0, 0, 0x7f), 0, 4);
      break;
  }
  switch (random.below(6)) {
    case 0:
      output.byte(RdbOpcode.Idle);
      output.unsigned(1000);
      break;
    case 1:
      output.byte(RdbOpcode.Frequency);
      output.byte(200);
      break;
  }
  output.byte(body[0]);
  text(output, key);
  output.raw(body, 1, body.length);
}

function text(output: RdbOutput, value: string): void {
  const bytes = bytesOf(value);
  output.string(bytes, 0, bytes.length);
}

/** The file with its checksum behind it. */
export function withChecksum(file: Uint8Array): Uint8Array {
  const whole = new Uint8Array(file.length + 8);
  whole.set(file);
  new Crc64().update(file, 0, file.length).write(whole, file.length);
  return whole;
}

/** Commands that an AOF may hold, by the key that they change. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  string: ["SET key value", "SET key 12345", "APPEND key more", "SETRANGE key 3 xyz"],
  bits: ["SETBIT key 7 1", "SETBIT key 0 1", "BITFIELD key SET u8 3 77"],
  number: ["SET key 5", "INCRBY key 5", "INCRBY key -70000"],
  counted: ["PFADD key a b", "PFADD key c"],
  list: ["RPUSH key a 12 -70000 element", "LPUSH key b", "LTRIM key 0 5", "LREM key 0 a"],
  integers: ["SADD key 1 2 300", "SADD key 70000", "SREM key 1"],
  set: ["SADD key a b 12", "SADD key c", "SREM key a"],
  hash: ["HSET key field value 12 13", "HINCRBY key 12 1", "HDEL key field"],
  zset: ["ZADD key 1 a 0.5 b inf c", "ZADD key -1 a", "ZREM key b"],
  places: ["GEOADD key 13.361389 38.115556 P", "GEOADD key 15.087269 37.502669 C"],
  stream: [
    "XADD key 1-1 field value",
    "XADD key 2-1 field value",
    "XADD key 3-1 other 1 fields 2",
    "XGROUP CREATE key g 0 ENTRIESREAD 0",
    "XCLAIM key g alice 0 1-1 TIME 1 RETRYCOUNT 1 FORCE JUSTID",
    "XDEL key 1-1",
    "XSETID key 5-0 ENTRIESADDED 3 MAXDELETEDID 1-1",
  ],
};

const ANY_TYPE = ["PEXPIREAT key 4000000000000", "PERSIST key", "DEL key", "RENAME key other"];

/** A file of an AOF: an RDB, without its checksum, and what follows it; either may be missing. */
export interface AofFile {
  rdb: Uint8Array | null;
  text: Uint8Array;
}

/** The files of an AOF directory by their names. */
export function randomAof(random: Random): Record<string, AofFile> {
  const isRdb = random.below(2) === 0;
  const base = `appendonly.aof.1.base.${isRdb ? "rdb" : "aof"}`, name = "appendonly.aof.1.incr.aof";
  const manifest = `file ${base} seq 1 type b\nfile ${name} seq 1 type i\n`;
  const hasCommands = !isRdb || random.below(3) === 0;
  return {
    "appendonly.aof.manifest": { rdb: null, text: bytesOf(manifest) },
    [base]: {
      rdb: isRdb ? randomRdb(random) : null,
      text: bytesOf(hasCommands ? randomCommands(random) : ""),
    },
    [name]: { rdb: null, text: bytesOf(randomCommands(random)) },
  };
}

/** The bytes of a file of an AOF. */
export function aofBytes({ rdb, text }: AofFile): Uint8Array {
  if (rdb === null) return text;
  const head = withChecksum(rdb), bytes = new Uint8Array(head.length + text.length);
  bytes.set(head);
  bytes.set(text, head.length);
  return bytes;
}

function randomCommands(random: Random): string {
  let commands = "";
  for (let left = random.below(12); left > 0; left--) {
    switch (random.below(10)) {
      case 0:
        commands += encodeCommandText(["SELECT", String(random.below(16))]);
        break;
      case 1:
        commands += "#TS:1700000000\r\n";
        break;
      case 2:
        commands += ["MULTI", "SET a 1", "RPUSH list 2", "EXEC"].map((line) =>
          encodeCommandText(line.split(" "))
        ).join("");
        break;
      default:
        commands += randomCommand(random);
    }
  }
  return commands;
}

function randomCommand(random: Random): string {
  const key = random.pick(Object.keys(COMMANDS));
  const command = random.pick(random.below(6) === 0 ? ANY_TYPE : COMMANDS[key]);
  return encodeCommandText(command.split(" ").map((word) => word === "key" ? key : word));
}
