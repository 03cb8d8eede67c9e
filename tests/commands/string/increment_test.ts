import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { STRING_COMMANDS } from "../../../src/commands/string/mod.ts";
import { bulk, CommandHarness, runCommands, START } from "../../support/command_harness.ts";

const NOT_AN_INTEGER = "-ERR value is not an integer or out of range\r\n";
const NOT_A_FLOAT = "-ERR value is not a valid float\r\n";
const OVERFLOW = "-ERR increment or decrement would overflow\r\n";

Deno.test("INCR and its like calculate exactly when numbers have 64 bits", () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const { run } = new CommandHarness(STRING_COMMANDS);
  fc.assert(fc.property(int64, int64, (start, by) => {
    const expected = (result: bigint) =>
      BigInt.asIntN(64, result) === result ? `:${result}\r\n` : OVERFLOW;
    run("SET", "k", `${start}`);
    assertEquals(run("INCRBY", "k", `${by}`), expected(start + by));
    run("SET", "k", `${start}`);
    assertEquals(run("INCR", "k"), expected(start + 1n));
    run("SET", "k", `${start}`);
    assertEquals(run("DECR", "k"), expected(start - 1n));
    if (by === -(2n ** 63n)) return;
    run("SET", "k", `${start}`);
    assertEquals(run("DECRBY", "k", `${by}`), expected(start - by));
  }));
});

Deno.test("INCR keeps the time to live and makes the string an int", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  const { run } = harness;
  run("SET", "k", "9", "EX", "10");
  run("APPEND", "k", "9");
  harness.takePropagated();
  harness.takeEvents();
  assertEquals(run("INCR", "k"), ":100\r\n");
  assertEquals(harness.encodingOf("k"), "int");
  assertEquals(harness.expiryOf("k"), START + 10_000);
  assertEquals(run("DECRBY", "k", "0"), ":100\r\n");
  assertEquals(run("DECR", "new"), ":-1\r\n");
  assertEquals(run("GET", "k"), bulk("100"));
  assertEquals(harness.takePropagated(), ["0 INCR k", "0 DECRBY k 0", "0 DECR new"]);
  assertEquals(harness.takeEvents(), ["incrby k", "incrby k", "incrby new"]);
});

Deno.test("INCR and its like refuse what is no integer and change nothing", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  const { run } = harness;
  for (const text of ["", "x", "1.0", " 1", "01", "+1", "-0", "9223372036854775808"]) {
    run("SET", "k", text);
    assertEquals(run("INCR", "k"), NOT_AN_INTEGER, text);
    assertEquals(run("GET", "k"), bulk(text));
    assertEquals(run("INCRBY", "n", text), NOT_AN_INTEGER, text);
    assertEquals(run("DECRBY", "n", text), NOT_AN_INTEGER, text);
  }
  assertEquals(run("DECRBY", "n", "-9223372036854775808"), "-ERR decrement would overflow\r\n");
  assertEquals(harness.encodingOf("n"), null);
});

Deno.test("INCRBYFLOAT calculates with 80 bits and prints without an exponent", () => {
  const run = runCommands(STRING_COMMANDS);
  const cases: [string, string, string][] = [
    ["0.1", "0.2", "0.3"],
    ["10.50", "0.1", "10.6"],
    ["5.0e3", "2.0e2", "5200"],
    ["1e17", "0.1", "100000000000000000.1015625"],
    ["3", "-3", "0"],
    ["1", "1e-18", "1"],
    ["0x10", ".5", "16.5"],
  ];
  for (const [start, by, sum] of cases) {
    run("SET", "k", start);
    assertEquals(run("INCRBYFLOAT", "k", by), bulk(sum), `${start} ${by}`);
    assertEquals(run("GET", "k"), bulk(sum));
  }
});

Deno.test("INCRBYFLOAT is propagated as the SET that it comes to", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  const { run } = harness;
  run("SET", "k", "5", "EX", "10");
  harness.takePropagated();
  harness.takeEvents();
  assertEquals(run("INCRBYFLOAT", "k", "1"), bulk("6"));
  assertEquals(harness.encodingOf("k"), "embstr");
  assertEquals(harness.expiryOf("k"), START + 10_000);
  const large = "100000000000000000003583830118858923890798487404544";
  assertEquals(run("INCRBYFLOAT", "new", "1e50"), bulk(large));
  assertEquals(harness.encodingOf("new"), "raw");
  assertEquals(harness.takePropagated(), ["0 SET k 6 KEEPTTL", `0 SET new ${large} KEEPTTL`]);
  assertEquals(harness.takeEvents(), ["incrbyfloat k", "incrbyfloat new"]);
});

Deno.test("INCRBYFLOAT refuses what is no float and what has no finite sum", () => {
  const run = runCommands(STRING_COMMANDS);
  for (const text of ["", "x", " 1", "1 ", "nan", "1e", "1,5"]) {
    run("SET", "k", text);
    assertEquals(run("INCRBYFLOAT", "k", "1"), NOT_A_FLOAT, text);
    assertEquals(run("INCRBYFLOAT", "none", text), NOT_A_FLOAT, text);
  }
  const notFinite = "-ERR increment would produce NaN or Infinity\r\n";
  run("SET", "k", "1e4932");
  assertEquals(run("INCRBYFLOAT", "k", "1e4932"), notFinite);
  assertEquals(run("INCRBYFLOAT", "none", "-inf"), notFinite);
  assertEquals(run("GET", "none"), "$-1\r\n");
});
