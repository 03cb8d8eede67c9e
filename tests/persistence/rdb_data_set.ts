/** A data set of every type in every encoding, small and huge, in several databases: as commands. */

import { Random } from "../support/random.ts";
import { SAMPLES } from "./rdb_samples.ts";

/** When some of the keys expire. */
const FAR = 4_000_000_000_000;

const LARGE = 4000;
const AT_ONCE = 500;

const WORDS = ["redis", "stream", "value ", "0123456789", "\0\xff\x80", "aaaaaaaa", "-", " the "];

/** Commands whose data another server can be compared with; `seed` chooses a part of them. */
export function dataSetCommands(seed: number): string[][] {
  const random = new Random(seed);
  const commands: string[][] = [["SELECT", "0"]];
  SAMPLES.forEach((sample, i) => {
    const key = `sample:${i}`;
    for (const command of sample.commands) {
      commands.push(command.map((word) => word === "key" ? key : word));
    }
    if (i % 3 === 0) commands.push(["PEXPIREAT", key, String(FAR + i)]);
  });
  commands.push(["SELECT", "9"], ...largeValues(), ["SELECT", "2"]);
  for (let i = 0; i < 400; i++) {
    const key = `${text(random, 3)}:${i}`;
    commands.push(...randomValue(random, key));
    if (random.below(3) === 0) commands.push(["PEXPIREAT", key, String(FAR + random.below(1e6))]);
  }
  return commands;
}

function largeValues(): string[][] {
  const commands: string[][] = [
    ["SET", "long, alike", "abc".repeat(300_000)],
    ["SET", "long, of all bytes", noise(new Random(1), 300_000)],
    ["RPUSH", "long elements", "x".repeat(20_000), noise(new Random(2), 20_000), "short"],
    ["HSET", "long field", "f".repeat(70_000), noise(new Random(3), 70_000)],
    ["SADD", "long member", "m".repeat(70_000), "n"],
    ["ZADD", "long member, sorted", "1.5", "m".repeat(70_000)],
  ];
  const many = (command: string, key: string, element: (i: number) => string[]) => {
    for (let i = 0; i < LARGE; i += AT_ONCE) {
      const elements = Array.from({ length: AT_ONCE }, (_, j) => element(i + j)).flat();
      commands.push([command, key, ...elements]);
    }
  };
  many("RPUSH", "list", (i) => [i % 3 === 0 ? String(i * 77777) : `element ${i}`]);
  many("SADD", "set", (i) => [`member ${i}`]);
  many("SADD", "integers", (i) => [String(i * 1_000_003 - 5)]);
  many("HSET", "hash", (i) => [`field ${i}`, i % 2 === 0 ? String(i) : `value ${i}`]);
  many("ZADD", "sorted set", (i) => [String((i * 7919 % LARGE) / 3 - 1000), `member ${i}`]);
  many("ZADD", "sorted set of one score", (i) => ["0", `member ${i * 7919 % LARGE}`]);
  for (let i = 1; i <= 1500; i++) {
    commands.push(["XADD", "stream", `${i}-${i % 5}`, "field", `value ${i}`, "i", String(i * i)]);
  }
  commands.push(
    ["XDEL", "stream", "5-0", "6-1", "1499-4"],
    ["XGROUP", "CREATE", "stream", "group", "0"],
    ["XREADGROUP", "GROUP", "group", "me", "COUNT", "1000", "STREAMS", "stream", ">"],
    ["XACK", "stream", "group", "1-1", "2-2"],
  );
  return commands;
}

function randomValue(random: Random, key: string): string[][] {
  const count = 1 + random.below(random.below(4) === 0 ? 200 : 8);
  const texts = () => Array.from({ length: count }, () => text(random, 6));
  switch (random.below(6)) {
    case 0:
      return [["SET", key, text(random, 40)]];
    case 1:
      return [["RPUSH", key, ...texts()]];
    case 2:
      return [["SADD", key, ...texts()]];
    case 3:
      return [["HSET", key, ...texts().flatMap((field) => [field, text(random, 12)])]];
    case 4:
      return [["ZADD", key, ...texts().flatMap((member) => [score(random), member])]];
    default:
      return texts().map((field, i) => ["XADD", key, `${i + 1}-0`, field, text(random, 12)]);
  }
}

function score(random: Random): string {
  return random.pick(["1", "-1", "0.1", "3.25", "1e300", "inf", "-inf", "100", "-0.5", "17"]);
}

/** Some words, or an integer. */
function text(random: Random, words: number): string {
  if (random.below(3) === 0) return String(random.below(2 ** 31) * random.pick([1, -1, 4096, 0]));
  return Array.from({ length: 1 + random.below(words) }, () => random.pick(WORDS)).join("") +
    String(random.below(1000));
}

function noise(random: Random, length: number): string {
  return Array.from({ length }, () => String.fromCharCode(random.below(256))).join("");
}
