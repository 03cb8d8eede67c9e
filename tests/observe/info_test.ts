import { assertEquals } from "@std/assert";
import { humanBytes, type InfoSection, percentage, renderInfo } from "../../src/observe/info.ts";

const SECTIONS: readonly InfoSection[] = [
  { name: "One", fields: () => [["a", 1], ["b", "text"]] },
  { name: "Two", onlyOnDemand: true, fields: () => [["c", 2]] },
  { name: "Empty", fields: () => [] },
];
const ONE = "# One\r\na:1\r\nb:text\r\n";
const TWO = "# Two\r\nc:2\r\n";
const EMPTY = "# Empty\r\n";

Deno.test("renderInfo leaves out sections on demand when none or the usual ones are asked for", () => {
  assertEquals(renderInfo(SECTIONS, []), `${ONE}\r\n${EMPTY}`);
  assertEquals(renderInfo(SECTIONS, ["default"]), `${ONE}\r\n${EMPTY}`);
});

Deno.test("renderInfo gives every section when all are asked for", () => {
  for (const word of ["all", "everything"]) {
    assertEquals(renderInfo(SECTIONS, [word, "nosuch"]), `${ONE}\r\n${TWO}\r\n${EMPTY}`);
  }
});

Deno.test("renderInfo gives named sections once and in their own order", () => {
  assertEquals(renderInfo(SECTIONS, ["two", "one", "two"]), `${ONE}\r\n${TWO}`);
  assertEquals(renderInfo(SECTIONS, ["default", "two"]), `${ONE}\r\n${TWO}\r\n${EMPTY}`);
});

Deno.test("renderInfo is empty when only unknown sections are asked for", () => {
  assertEquals(renderInfo(SECTIONS, ["nosuch"]), "");
});

Deno.test("humanBytes shows two decimals from a kilobyte on", () => {
  assertEquals(humanBytes(0), "0B");
  assertEquals(humanBytes(1023), "1023B");
  assertEquals(humanBytes(1024), "1.00K");
  // As a redis-server shows these two.
  assertEquals(humanBytes(1_537_040), "1.47M");
  assertEquals(humanBytes(25_274_793_984), "23.54G");
  assertEquals(humanBytes(2 ** 60), "1024.00P");
});

Deno.test("percentage stays between 0 and 100", () => {
  assertEquals(percentage(1, 3), "33.33%");
  assertEquals(percentage(3, 1), "100.00%");
  assertEquals(percentage(-1, 1), "0.00%");
  assertEquals(percentage(1, 0), "0.00%");
});
