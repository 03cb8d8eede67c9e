/** Whether a file is a whole RDB: what `redis-check-rdb` says of it. */

import { SystemClock } from "../base/clock.ts";
import { spanString } from "../base/span.ts";
import { isCompact, type Value } from "../data/value.ts";
import { Keyspace } from "../keyspace/keyspace.ts";
import type { OpenFile } from "./file.ts";
import { RDB_VERSION, RdbError, RdbOpcode, RdbType } from "./rdb_format.ts";
import { RdbInput } from "./rdb_input.ts";
import { readModuleAuxHeader, skipModuleData, skipModuleValue } from "./rdb_modules.ts";
import { readValue, type ValueLimits } from "./rdb_value_reader.ts";

const MAGIC = "REDIS";
const HEADER_BYTES = MAGIC.length + 4;
const CHECKSUM_BYTES = 8;
/** The first version with a checksum at its end. */
const CHECKSUM_SINCE = 5;

/** What Redis calls the types, by number; it has no name for the last one. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  [RdbType.String]: "string",
  [RdbType.List]: "list-linked",
  [RdbType.Set]: "set-hashtable",
  [RdbType.SortedSet]: "zset-v1",
  [RdbType.Hash]: "hash-hashtable",
  [RdbType.SortedSet2]: "zset-v2",
  [RdbType.ModulePreGa]: "module-pre-release",
  [RdbType.Module2]: "module-value",
  [RdbType.HashZipmap]: "hash-zipmap",
  [RdbType.ListZiplist]: "list-ziplist",
  [RdbType.SetIntset]: "set-intset",
  [RdbType.SortedSetZiplist]: "zset-ziplist",
  [RdbType.HashZiplist]: "hash-ziplist",
  [RdbType.ListQuicklist]: "quicklist",
  [RdbType.StreamListpacks]: "stream",
  [RdbType.HashListpack]: "hash-listpack",
  [RdbType.SortedSetListpack]: "zset-listpack",
  [RdbType.ListQuicklist2]: "quicklist-v2",
};

/** What is being read, in Redis' words. */
type Doing =
  | "start"
  | "read-type"
  | "read-expire"
  | "read-key"
  | "read-object-value"
  | "check-sum"
  | "read-len"
  | "read-aux"
  | "read-module-aux"
  | "read-functions";

/** What a check works with. */
export interface RdbCheckParts {
  /** Is given each line, with its line break. */
  readonly say: (line: string) => void;
  /** Up to where values are compact, which makes no difference to whether they are whole. */
  readonly limits: ValueLimits;
}

/**
 * Checks the RDB that a file, which is at its beginning, begins with; what follows is not looked at. `name` is what
 * is said of it. Returns where the RDB ends, or null where something is wrong with it.
 */
export function checkRdb(file: OpenFile, name: string, parts: RdbCheckParts): number | null {
  return new RdbCheck(file, parts).check(name);
}

class RdbCheck {
  readonly #parts: RdbCheckParts;
  readonly #input: RdbInput;
  /** Where values are read to, one after the other. */
  readonly #keyspace = new Keyspace(new SystemClock(), 1);
  readonly #now = Date.now();
  #doing: Doing = "start";
  /** The type of the key that is read; a string's is said before there is any, as Redis does. */
  #type: number | null = RdbType.String;
  #key: string | null = null;
  #expiry: number | bigint | null = null;
  #keys = 0;
  #expiring = 0;
  #expired = 0;

  constructor(file: OpenFile, parts: RdbCheckParts) {
    this.#parts = parts;
    this.#input = RdbInput.ofFile(file, file.sizeSync(), true, false);
  }

  check(name: string): number | null {
    this.#say(`Checking RDB file ${name}`);
    try {
      this.#readAll();
    } catch (error) {
      if (!(error instanceof RdbError)) throw error;
      this.#sayError(error);
      return null;
    }
    this.#say("\\o/ RDB looks OK! \\o/");
    this.#saySummary();
    return this.#input.offset;
  }

  #say(text: string, offset = this.#input.offset): void {
    this.#parts.say(`[offset ${offset}] ${text}\n`);
  }

  #sayError({ problem, offset, isCutOff }: RdbError): void {
    const { say } = this.#parts;
    say("--- RDB ERROR DETECTED ---\n");
    this.#say(isCutOff ? "Unexpected EOF reading RDB file" : problem, offset);
    say(`[additional info] While doing: ${this.#doing}\n`);
    if (this.#key !== null) say(`[additional info] Reading key '${this.#key}'\n`);
    if (this.#type !== null) {
      const name = TYPE_NAMES[this.#type] ?? "unknown";
      say(`[additional info] Reading type ${this.#type} (${name})\n`);
    }
    this.#saySummary();
  }

  #saySummary(): void {
    const { say } = this.#parts;
    say(`[info] ${this.#keys} keys read\n`);
    say(`[info] ${this.#expiring} expires\n`);
    say(`[info] ${this.#expired} already expired\n`);
  }

  #readAll(): void {
    const input = this.#input;
    const header = spanString(input.bytes(HEADER_BYTES));
    if (!header.startsWith(MAGIC)) input.fail("Wrong signature trying to load DB from file");
    const version = parseInt(header.slice(MAGIC.length), 10) || 0;
    if (version < 1 || version > RDB_VERSION) {
      input.fail(`Can't handle RDB format version ${version}`);
    }
    for (;;) {
      this.#doing = "read-type";
      const type = input.byte();
      if (type === RdbOpcode.End) break;
      if (!this.#readOpcode(type, version)) this.#readKey(type);
    }
    if (version >= CHECKSUM_SINCE) this.#readChecksum();
  }

  /** Reads what is not a key; false where it is one. */
  #readOpcode(type: number, version: number): boolean {
    const input = this.#input;
    switch (type) {
      case RdbOpcode.ExpireTime:
        this.#doing = "read-expire";
        this.#expiry = 1000 * input.int32();
        return true;
      case RdbOpcode.ExpireTimeMs:
        this.#doing = "read-expire";
        this.#expiry = input.int64();
        return true;
      case RdbOpcode.Frequency:
        input.byte();
        return true;
      case RdbOpcode.Idle:
        input.unsigned();
        return true;
      case RdbOpcode.SelectDatabase:
        this.#doing = "read-len";
        this.#say(`Selecting DB ID ${input.unsigned()}`);
        return true;
      case RdbOpcode.ResizeDatabase:
        this.#doing = "read-len";
        input.unsigned();
        input.unsigned();
        return true;
      case RdbOpcode.Aux: {
        this.#doing = "read-aux";
        const name = spanString(input.string());
        this.#say(`AUX FIELD ${name} = '${spanString(input.string())}'`);
        return true;
      }
      case RdbOpcode.ModuleAux:
        this.#doing = "read-module-aux";
        this.#say(`MODULE AUX for: ${readModuleAuxHeader(input)}`);
        skipModuleData(input);
        return true;
      case RdbOpcode.FunctionPreGa:
        return input.fail(`Pre-release function format not supported ${version}`);
      case RdbOpcode.Function2:
        this.#doing = "read-functions";
        this.#skipLibrary();
        return true;
      default:
        return false;
    }
  }

  #skipLibrary(): void {
    const input = this.#input;
    try {
      input.string();
    } catch (error) {
      if (!(error instanceof RdbError)) throw error;
      input.fail("Failed loading library, Failed loading library payload");
    }
  }

  #readKey(type: number): void {
    const input = this.#input;
    if (!(type in TYPE_NAMES) && type !== RdbType.StreamListpacks2) {
      input.fail(`Invalid object type: ${type}`);
    }
    this.#type = type;
    this.#doing = "read-key";
    this.#key = spanString(input.string());
    this.#keys++;
    this.#doing = "read-object-value";
    if (type === RdbType.Module2) skipModuleValue(input);
    else this.#drop(readValue(input, type, this.#store, this.#parts.limits));
    if (this.#expiry !== null) {
      this.#expiring++;
      if (this.#expiry < this.#now) this.#expired++;
    }
    this.#key = this.#type = this.#expiry = null;
  }

  get #store() {
    return this.#keyspace.databases[0].store;
  }

  #drop(value: Value | null): void {
    if (value !== null && isCompact(value.encoding)) this.#store.free(value.ref);
  }

  #readChecksum(): void {
    const input = this.#input;
    this.#doing = "check-sum";
    input.expect(CHECKSUM_BYTES);
    const computed = new Uint8Array(CHECKSUM_BYTES);
    // Taken before the bytes that hold it are read, which would go into it.
    input.checksum()?.write(computed, 0);
    const { buffer, start, end } = input.bytes(CHECKSUM_BYTES),
      written = buffer.subarray(start, end);
    if (written.every((byte) => byte === 0)) {
      this.#say("RDB file was saved with checksum disabled: no check performed.");
    } else if (written.some((byte, i) => byte !== computed[i])) {
      input.fail("RDB CRC error");
    } else {
      this.#say("Checksum OK");
    }
  }
}
