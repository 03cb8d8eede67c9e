import { assert, assertEquals } from "@std/assert";
import { AccessClock } from "../../src/keyspace/access_clock.ts";

const START = 1_700_000_000_000;
const MINUTE = 60_000;

function lfuClock(): AccessClock {
  const clock = new AccessClock();
  clock.advance(START);
  clock.lfu = true;
  return clock;
}

Deno.test("AccessClock tells the seconds since the last use", () => {
  const clock = new AccessClock();
  clock.advance(START);
  const word = clock.initial();
  assertEquals(clock.idleSeconds(word), 0);
  clock.advance(START + 12_345);
  assertEquals(clock.idleSeconds(word), 12);
  assertEquals(clock.idleSeconds(clock.touched(word)), 0);
  assertEquals(clock.idleSeconds(clock.wordOfIdle(77)), 77);
});

Deno.test("AccessClock takes a key for just used when the system's clock goes back", () => {
  const clock = new AccessClock();
  clock.advance(START);
  const word = clock.initial();
  clock.advance(START - 60_000);
  assertEquals(clock.idleSeconds(word), 0);
});

Deno.test("AccessClock starts LFU counters at 5 and always counts up to there", () => {
  const clock = lfuClock();
  clock.logFactor = 1_000_000;
  assertEquals(clock.frequency(clock.initial()), 5);
  let word = clock.wordOfFrequency(0);
  for (let uses = 1; uses <= 6; uses++) {
    word = clock.touched(word);
    assertEquals(clock.frequency(word), uses);
  }
});

Deno.test("AccessClock counts each use when lfu-log-factor is 0, up to 255", () => {
  const clock = lfuClock();
  clock.logFactor = 0;
  let word = clock.initial();
  for (let uses = 0; uses < 300; uses++) word = clock.touched(word);
  assertEquals(clock.frequency(word), 255);
});

Deno.test("AccessClock counts uses as the logarithm that Redis documents", () => {
  const clock = lfuClock();
  // One counter alone is chance: it leaves these bounds once in some hundred times.
  const counters = 20;
  let sum = 0;
  for (let i = 0; i < counters; i++) {
    let word = clock.initial();
    for (let uses = 0; uses < 100_000; uses++) word = clock.touched(word);
    sum += clock.frequency(word);
  }
  // Redis' documentation has 142 for factor 10 and 100,000 hits.
  const counter = sum / counters;
  assert(counter > 120 && counter < 165, `${counter}`);
});

Deno.test("AccessClock decays LFU counters with the minutes that lfu-decay-time says", () => {
  const clock = lfuClock();
  const word = clock.wordOfFrequency(100);
  clock.advance(START + 10 * MINUTE);
  assertEquals(clock.frequency(word), 90);
  clock.decayTime = 5;
  assertEquals(clock.frequency(word), 98);
  clock.decayTime = 0;
  assertEquals(clock.frequency(word), 100);
  clock.decayTime = 1;
  clock.advance(START + 1000 * MINUTE);
  assertEquals(clock.frequency(word), 0);
});

Deno.test("AccessClock decays LFU counters across the end of its 16 bits of minutes", () => {
  const wrap = 65536 * MINUTE;
  const clock = new AccessClock();
  clock.lfu = true;
  const end = Math.ceil(START / wrap) * wrap;
  clock.advance(end - MINUTE);
  const word = clock.wordOfFrequency(50);
  clock.advance(end + 2 * MINUTE);
  assertEquals(clock.frequency(word), 47);
});
