/** Compressed strings, which must be those of redis-server to the byte. */

import { assert, assertEquals } from "@std/assert";
import { bytesOf, byteString } from "../../src/base/span.ts";
import { LzfCompressor } from "../../src/data/lzf.ts";
import { amount, seedOf } from "../support/long_test.ts";
import { Random } from "../support/random.ts";
import { referenceTest, startReference } from "../support/reference.ts";

const TEXTS = amount({ quick: 300, full: 3000, long: 30_000 });
const BATCH = 100;
/** What DUMP writes before the lengths of a compressed string, and how much less than the text that must be. */
const COMPRESSED = "\0\xc3", SAVING = 4;

/** A text that repeats itself, in bytes of few or of many values. */
function makeText(random: Random): string {
  const values = random.pick([2, 3, 8, 26, 200]), longest = random.pick([5, 20, 40, 400]);
  const length = 21 + random.below(random.pick([30, 100, 1000, 20_000]));
  let text = "";
  while (text.length < length) {
    if (text.length > 5 && random.below(3) === 0) {
      const from = random.below(text.length);
      text += text.slice(from, from + random.below(longest));
    } else {
      text += String.fromCharCode(97 + random.below(values) & 0xff);
    }
  }
  return text;
}

referenceTest(
  "LzfCompressor makes the bytes that redis-server makes when texts are random",
  async () => {
    await using server = await startReference();
    const client = await server.connect();
    const compressor = new LzfCompressor(), first = seedOf("texts to compress", 1);
    let compressed = 0;
    for (let batch = first; batch < first + TEXTS; batch += BATCH) {
      const texts = Array.from({ length: BATCH }, (_, i) => makeText(new Random(batch + i)));
      const replies = await client.pipeline(
        texts.flatMap((text, i) => [["SET", `k${i}`, text], ["DUMP", `k${i}`]]),
      );
      texts.forEach((text, i) => {
        const dump = replies[2 * i + 1].text ?? "";
        const source = bytesOf(text), target = new Uint8Array(source.length - SAVING);
        const length = compressor.compress(source, 0, source.length, target);
        assertEquals(length > 0, dump.startsWith(COMPRESSED), `seed ${batch + i}`);
        if (length === 0) return;
        compressed++;
        const footer = 10;
        const theirs = dump.slice(dump.length - footer - length, dump.length - footer);
        assertEquals(byteString(target, 0, length), theirs, `seed ${batch + i}`);
      });
    }
    assert(compressed > TEXTS / 2, `${compressed} texts were compressed`);
  },
);
