/**
 * Looks at a key with every command that reads its type, and holds the answers against each other: for
 * values that came from damaged files. What is sound answers all of them, and they agree.
 */

import { assert, assertEquals } from "@std/assert";
import { parseReply, type Reply } from "../../support/reply.ts";

/** Runs a command and gives the raw reply, as `CommandHarness.run` does. */
export type Run = (...args: string[]) => string;

/** Of large values, so many elements are asked for one by one. */
const ASKED = 60;

/** What a value is read with. */
export interface Audit {
  readonly type: string;
  /** All of the value as text: equal values give equal texts. */
  readonly text: string;
}

/** Reads a key with every command of its type. Throws where two answers disagree. */
export function audit(run: Run, key: string): Audit {
  const reader = new Reader(run, key);
  const type = reader.ask("TYPE")[0];
  const read = READERS[type];
  assert(read !== undefined, `type ${type}`);
  const elements = read(reader);
  reader.ask("OBJECT ENCODING");
  return { type, text: elements.map(quoted).join(" ") };
}

/** After so many changes a key is looked at. */
const CHANGES_PER_AUDIT = 3;

/** Changes a key in every way that its type knows, and looks at it meanwhile; it may be gone at the end. */
export function changeInManyWays(run: Run, key: string, type: string): void {
  for (const [i, call] of CHANGES[type](key).entries()) {
    const reply = run(...call);
    // Errors of the value (no integer, no HyperLogLog) are fine; those of the server are thrown.
    assert(/^[-+:$*_,#%~]/.test(reply), `${call[0]}: ${reply.slice(0, 80)}`);
    if (i % CHANGES_PER_AUDIT === 0 && run("EXISTS", key) === ":1\r\n") audit(run, key);
  }
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

class Reader {
  constructor(readonly run: Run, readonly key: string) {}

  /** The texts of a reply to a command, given as "NAME" or "NAME SUB", with the key first. */
  ask(command: string, ...args: string[]): string[] {
    return texts(this.call([...command.split(" "), this.key, ...args]));
  }

  /** The same for a command whose key stands elsewhere. */
  call(args: string[]): Reply {
    const raw = this.run(...args);
    const parsed = parseReply(raw);
    if (parsed?.end !== raw.length) throw new Error(`${args[0]}: ${raw.slice(0, 80)}`);
    return parsed.reply;
  }

  /** Asks without expecting anything but a reply. */
  look(...args: string[]): void {
    this.call(args);
  }

  number(command: string, ...args: string[]): number {
    const [text] = this.ask(command, ...args);
    assert(/^-?\d+$/.test(text), `${command}: ${text}`);
    return Number(text);
  }

  /** All that a SCAN of the key gives, at most once each. */
  scan(command: string): string[] {
    const found: string[] = [];
    let cursor = "0";
    for (let calls = 0; calls < 100_000; calls++) {
      const { children = [] } = this.call([command, this.key, cursor, "COUNT", "100"]);
      cursor = children[0].text ?? "";
      found.push(...texts(children[1]));
      if (cursor === "0") return found;
    }
    throw new Error(`${command} does not end`);
  }
}

function texts(reply: Reply): string[] {
  assert(reply.type !== "-", reply.raw);
  return reply.children ? reply.children.flatMap(texts) : [reply.text ?? ""];
}

/** Some of a list, the first and the last among them. */
function some<T>(list: readonly T[]): T[] {
  if (list.length <= ASKED) return [...list];
  const step = (list.length - 1) / (ASKED - 1);
  return Array.from({ length: ASKED }, (_, i) => list[Math.round(i * step)]);
}

function everySecond(list: readonly string[], first: 0 | 1): string[] {
  return list.filter((_, i) => i % 2 === first);
}

function assertDistinct(list: readonly string[], what: string): void {
  assertEquals(new Set(list).size, list.length, `${what} twice`);
}

function assertSame(actual: readonly string[], expected: readonly string[], what: string): void {
  // Comparing texts is quick; what differs is found only where something does.
  if (actual.length === expected.length && actual.every((text, i) => text === expected[i])) return;
  assertEquals(actual, expected, what);
}

const byBytes = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0;
const sorted = (list: readonly string[]): string[] => [...list].sort(byBytes);

const READERS: Record<string, (reader: Reader) => string[]> = {
  string: readString,
  list: readList,
  set: readSet,
  hash: readHash,
  zset: readSortedSet,
  stream: readStream,
};

function readString(reader: Reader): string[] {
  const { key } = reader;
  const [text] = reader.ask("GET");
  assertEquals(reader.number("STRLEN"), text.length);
  assertSame(reader.ask("GETRANGE", "0", "-1"), [text], "GETRANGE");
  assertSame(reader.ask("SUBSTR", "0", "-1"), [text], "SUBSTR");
  assertSame(reader.ask("MGET"), [text], "MGET");
  reader.look("LCS", key, "no such key");
  const ones = reader.number("BITCOUNT");
  assertEquals(reader.number("BITPOS", "1") >= 0, ones > 0);
  reader.ask("GETBIT", "7");
  reader.ask("BITFIELD_RO", "GET", "u8", "0");
  return [text];
}

function readList(reader: Reader): string[] {
  const elements = reader.ask("LRANGE", "0", "-1");
  const length = reader.number("LLEN");
  assertEquals(length, elements.length);
  for (const i of some([...elements.keys()])) {
    assertSame(reader.ask("LINDEX", String(i)), [elements[i]], "LINDEX");
    assertSame(reader.ask("LINDEX", String(i - length)), [elements[i]], "LINDEX from the end");
  }
  const last = elements[length - 1];
  assertEquals(reader.number("LPOS", last), elements.indexOf(last));
  assertEquals(reader.number("LPOS", elements[0], "RANK", "-1"), elements.lastIndexOf(elements[0]));
  reader.look("SORT_RO", reader.key, "ALPHA", "LIMIT", "0", "5");
  return elements;
}

function readSet(reader: Reader): string[] {
  const { key } = reader;
  const members = reader.ask("SMEMBERS");
  assertDistinct(members, "a member");
  assertEquals(reader.number("SCARD"), members.length);
  for (const member of some(members)) assertEquals(reader.number("SISMEMBER", member), 1);
  assertSame(reader.ask("SMISMEMBER", members[0], "no such member"), ["1", "0"], "SMISMEMBER");
  const all = sorted(members);
  for (const command of ["SINTER", "SUNION", "SDIFF"]) {
    assertSame(sorted(reader.ask(command)), all, command);
  }
  assertEquals(texts(reader.call(["SINTERCARD", "1", key])), [String(members.length)]);
  assertSame(sorted(reader.scan("SSCAN")), all, "SSCAN");
  reader.ask("SRANDMEMBER", "5");
  reader.ask("SRANDMEMBER", "-5");
  return all;
}

function readHash(reader: Reader): string[] {
  const pairs = reader.ask("HGETALL");
  const fields = everySecond(pairs, 0), values = everySecond(pairs, 1);
  assertDistinct(fields, "a field");
  assertEquals(reader.number("HLEN"), fields.length);
  assertSame(reader.ask("HKEYS"), fields, "HKEYS");
  assertSame(reader.ask("HVALS"), values, "HVALS");
  for (const i of some([...fields.keys()])) {
    assertSame(reader.ask("HGET", fields[i]), [values[i]], "HGET");
    assertEquals(reader.number("HSTRLEN", fields[i]), values[i].length);
    assertEquals(reader.number("HEXISTS", fields[i]), 1);
  }
  assertSame(reader.ask("HMGET", fields[0]), [values[0]], "HMGET");
  assertSame(sorted(reader.scan("HSCAN")), sorted(pairs), "HSCAN");
  reader.ask("HRANDFIELD", "5", "WITHVALUES");
  reader.ask("HRANDFIELD", "-5");
  return sorted(fields.map((field, i) => `${quoted(field)}=${quoted(values[i])}`));
}

function readSortedSet(reader: Reader): string[] {
  const { key } = reader;
  const pairs = reader.ask("ZRANGE", "0", "-1", "WITHSCORES");
  const members = everySecond(pairs, 0), scores = everySecond(pairs, 1);
  const count = members.length, all = String(count);
  assertDistinct(members, "a member");
  assertEquals(reader.number("ZCARD"), count);
  for (let i = 1; i < count; i++) {
    const order = toNumber(scores[i]) - toNumber(scores[i - 1]);
    const inOrder = scores[i] === scores[i - 1] || order === 0
      ? members[i - 1] < members[i]
      : toNumber(scores[i - 1]) < toNumber(scores[i]);
    assert(inOrder, `${scores[i - 1]} ${members[i - 1]} before ${scores[i]} ${members[i]}`);
  }
  assertSame(reader.ask("ZREVRANGE", "0", "-1"), [...members].reverse(), "ZREVRANGE");
  assertSame(reader.ask("ZRANGEBYSCORE", "-inf", "+inf"), members, "ZRANGEBYSCORE");
  assertEquals(reader.ask("ZREVRANGEBYSCORE", "+inf", "-inf").length, count);
  assertEquals(reader.number("ZCOUNT", "-inf", "+inf"), count);
  for (const i of some([...members.keys()])) {
    assertEquals(reader.number("ZRANK", members[i]), i);
    assertEquals(reader.number("ZREVRANK", members[i]), count - 1 - i);
    assertSame(reader.ask("ZSCORE", members[i]), [scores[i]], "ZSCORE");
  }
  assertSame(reader.ask("ZMSCORE", members[0]), [scores[0]], "ZMSCORE");
  for (const command of ["ZUNION", "ZINTER", "ZDIFF"]) {
    assertEquals(texts(reader.call([command, "1", key])).length, count, command);
  }
  assertEquals(texts(reader.call(["ZINTERCARD", "1", key])), [all]);
  // ZSCAN tells the scores of a listpack as they are written there: in hexadecimal, even.
  assertSame(sorted(everySecond(reader.scan("ZSCAN"), 0)), sorted(members), "ZSCAN");
  reader.ask("ZRANDMEMBER", "5", "WITHSCORES");
  // Only of one score is the order of members told by these.
  const sameScore = scores.every((score) => score === scores[0]);
  for (const [command, from, to] of [["ZRANGEBYLEX", "-", "+"], ["ZREVRANGEBYLEX", "+", "-"]]) {
    const found = reader.ask(command, from, to);
    if (sameScore) assertEquals(found.length, count);
  }
  if (sameScore) assertEquals(reader.number("ZLEXCOUNT", "-", "+"), count);
  else reader.ask("ZLEXCOUNT", "-", "+");
  reader.look("GEOPOS", key, members[0]);
  reader.look("GEOHASH", key, members[0]);
  reader.look("GEODIST", key, members[0], members[count - 1]);
  reader.look("GEORADIUS_RO", key, "1", "1", "100", "km");
  reader.look("GEORADIUSBYMEMBER_RO", key, members[0], "100", "km");
  reader.look("GEOSEARCH", key, "FROMLONLAT", "1", "1", "BYRADIUS", "100", "km", "ASC");
  return pairs;
}

function toNumber(score: string): number {
  return score === "inf" ? Infinity : score === "-inf" ? -Infinity : Number(score);
}

function readStream(reader: Reader): string[] {
  const { key } = reader;
  const { children: entries = [] } = reader.call(["XRANGE", key, "-", "+"]);
  // A file may say anything of a stream's length, but there is no entry where it says 0.
  const length = reader.number("XLEN");
  if (length === 0) assertEquals(entries.length, 0);
  const ids = entries.map((entry) => entry.children?.[0].text ?? "");
  for (let i = 1; i < ids.length; i++) {
    assert(compareIds(ids[i - 1], ids[i]) < 0, `${ids[i - 1]} before ${ids[i]}`);
  }
  const { children: reversed = [] } = reader.call(["XREVRANGE", key, "+", "-"]);
  assertSame(reversed.map((entry) => entry.raw).reverse(), entries.map((e) => e.raw), "XREVRANGE");
  for (const i of some([...ids.keys()])) {
    const { children: one = [] } = reader.call(["XRANGE", key, ids[i], ids[i]]);
    assertSame(one.map((entry) => entry.raw), [entries[i].raw], "XRANGE of one");
  }
  const { children: read } = reader.call(["XREAD", "STREAMS", key, "0"]);
  assertEquals(read?.[0].children?.[1].children?.length ?? 0, entries.length);
  const full = reader.call(["XINFO", "STREAM", key, "FULL", "COUNT", "0"]);
  assertEquals(full.children?.[1].text, String(length), "XINFO STREAM");
  reader.look("XINFO", "STREAM", key);
  const { children: groups = [] } = reader.call(["XINFO", "GROUPS", key]);
  for (const group of groups) {
    const name = group.children?.[1].text ?? "";
    const pending = Number(group.children?.[5].text);
    const { children: listed = [] } = reader.call(["XPENDING", key, name, "-", "+", "1000000"]);
    assertEquals(listed.length, pending, "XPENDING");
    const { children: consumers = [] } = reader.call(["XINFO", "CONSUMERS", key, name]);
    const held = consumers.map((consumer) => Number(consumer.children?.[3].text));
    assertEquals(held.reduce((sum, one) => sum + one, 0), pending, "pending of all consumers");
    reader.look("XPENDING", key, name);
  }
  return [...texts(full).filter((_, i, all) => !/^radix-tree/.test(all[i - 1] ?? ""))];
}

function compareIds(a: string, b: string): number {
  const [aMs, aSeq] = a.split("-").map(BigInt), [bMs, bSeq] = b.split("-").map(BigInt);
  const ms = aMs - bMs, seq = aSeq - bSeq;
  return ms !== 0n ? Number(ms > 0n) * 2 - 1 : seq === 0n ? 0 : Number(seq > 0n) * 2 - 1;
}

/** What grows, replaces and removes; first at the ends, then everywhere. */
const CHANGES: Record<string, (key: string) => string[][]> = {
  string: (key) => [
    ["APPEND", key, "more"],
    ["SETRANGE", key, "3", "xyz"],
    ["SETBIT", key, "100", "1"],
    ["INCR", key],
    ["INCRBYFLOAT", key, "1.5"],
    // Counting writes the count into the string.
    ["PFCOUNT", key],
    ["PFADD", key, "a"],
    ["BITFIELD", key, "INCRBY", "u8", "0", "3"],
    ["BITOP", "NOT", key, key],
    ["GETDEL", key],
  ],
  list: (key) => [
    ["LPUSH", key, "new", "12"],
    ["RPUSH", key, "new", "x".repeat(100)],
    ["LSET", key, "1", "set"],
    ["LSET", key, "-1", "7"],
    ["LINSERT", key, "BEFORE", "new", "inserted"],
    ["LREM", key, "-1", "new"],
    ["LMOVE", key, key, "LEFT", "RIGHT"],
    ["LPOP", key, "2"],
    ["RPOP", key, "2"],
    ["LTRIM", key, "1", "-2"],
    ["LTRIM", key, "1", "0"],
  ],
  set: (key) => [
    ["SADD", key, "new", "12345", "x".repeat(100)],
    ["SMOVE", key, key, "new"],
    ["SREM", key, "12345", "no such member"],
    ["SPOP", key, "3"],
    ["SUNIONSTORE", key, key, key],
    ["SPOP", key, "1000000"],
  ],
  hash: (key) => [
    ["HSET", key, "new", "value", "12", "13"],
    ["HINCRBY", key, "12", "5"],
    ["HINCRBYFLOAT", key, "12", "0.5"],
    ["HSETNX", key, "new", "other"],
    ["HDEL", key, "new"],
    ["HSET", key, "long", "x".repeat(100)],
    ["HDEL", key, "12", "long"],
  ],
  zset: (key) => [
    ["ZADD", key, "1.5", "new", "-inf", "least", "inf", "most"],
    ["ZADD", key, "XX", "CH", "-1", "new"],
    ["ZINCRBY", key, "3", "new"],
    ["ZREM", key, "least"],
    ["ZPOPMIN", key, "2"],
    ["ZPOPMAX", key, "2"],
    ["ZREMRANGEBYRANK", key, "0", "0"],
    ["ZREMRANGEBYLEX", key, "[a", "[b"],
    ["ZADD", key, "1", "x".repeat(100)],
    ["ZUNIONSTORE", key, "1", key, "WEIGHTS", "2"],
    ["ZREMRANGEBYSCORE", key, "-inf", "+inf"],
  ],
  stream: (key) => [
    // Behind the last ID, even if that is not much less than the greatest.
    ["XADD", key, "*", "field", "value"],
    ["XGROUP", "CREATE", key, "new group", "0"],
    ["XREADGROUP", "GROUP", "new group", "me", "COUNT", "10", "STREAMS", key, ">"],
    ["XREADGROUP", "GROUP", "g", "alice", "COUNT", "10", "STREAMS", key, ">"],
    ["XREADGROUP", "GROUP", "g", "alice", "STREAMS", key, "0"],
    ["XAUTOCLAIM", key, "g", "bob", "0", "0"],
    ["XCLAIM", key, "new group", "you", "0", "1001-1"],
    ["XACK", key, "g", "1001-1"],
    ["XDEL", key, "1001-1", "1004-4"],
    ["XTRIM", key, "MAXLEN", "10"],
    ["XGROUP", "DELCONSUMER", key, "g", "alice"],
    ["XGROUP", "SETID", key, "g", "$"],
    ["XGROUP", "DESTROY", key, "g"],
    ["XTRIM", key, "MAXLEN", "~", "1"],
    ["XSETID", key, "18446744073709551615-1"],
    ["XTRIM", key, "MAXLEN", "0"],
  ],
};
