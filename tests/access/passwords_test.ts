import { assertEquals, assertMatch } from "@std/assert";
import { generateSecret, hashPassword } from "../../src/access/passwords.ts";
import { Span } from "../../src/base/span.ts";

Deno.test("hashPassword gives the SHA-256 of the bytes", () => {
  assertEquals(
    hashPassword(Span.ofString("p")),
    "148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940",
  );
  const bytes = Span.ofString("xpx");
  assertEquals(hashPassword(bytes.set(bytes.buffer, 1, 2)), hashPassword(Span.ofString("p")));
});

Deno.test("generateSecret gives as many bits as asked for in whole digits, another one each time", () => {
  const lengths = [1, 4, 5, 8, 9, 256, 4096].map((bits) => generateSecret(bits).length);
  assertEquals(lengths, [1, 1, 2, 2, 3, 64, 1024]);
  assertMatch(generateSecret(256), /^[0-9a-f]{64}$/);
  assertEquals(generateSecret(256) === generateSecret(256), false);
});
