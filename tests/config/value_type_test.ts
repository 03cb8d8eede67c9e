import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ValueError } from "../../src/config/errors.ts";
import {
  EVENT_CLASSES,
  OUTPUT_BUFFER_LIMITS,
  SAVE_RULES,
  SHUTDOWN_OPTIONS,
} from "../../src/config/special_types.ts";
import {
  integerType,
  MEMORY_OR_PERCENT,
  memoryType,
  nameType,
  parseMemory,
  PERMISSIONS,
  textType,
  type ValueType,
  writeMemory,
  YES_NO,
} from "../../src/config/value_type.ts";
import { EventClass } from "../../src/keyspace/events.ts";

function parse<T>(type: ValueType<T>, current: T, ...words: string[]): { value: T; text: string } {
  const currentText = type.format(current);
  return type.parse(words, { current, currentText, repeated: false, directory: "/" });
}

function reason<T>(type: ValueType<T>, current: T, ...words: string[]): string {
  return assertThrows(() => parse(type, current, ...words), ValueError).message;
}

Deno.test("parseMemory knows the units when their case varies", () => {
  const sizes: [string, bigint | undefined][] = [
    ["1", 1n],
    ["1B", 1n],
    ["1k", 1000n],
    ["1Kb", 1024n],
    ["2m", 2000000n],
    ["2mb", 2097152n],
    ["3G", 3000000000n],
    ["3GB", 3221225472n],
    ["", 0n],
    ["-1", undefined],
    [" 1", undefined],
    ["1.5gb", undefined],
    ["1tb", undefined],
    ["99999999999999999999", 18446744073709551615n],
  ];
  for (const [word, size] of sizes) assertEquals(parseMemory(word), size, word);
});

Deno.test("parseMemory reads what writeMemory writes", () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.integer({ min: 0, max: 40 }), (size, zeros) => {
      const bytes = BigInt.asUintN(64, size << BigInt(zeros));
      assertEquals(parseMemory(writeMemory(bytes.toString())), bytes);
    }),
  );
});

Deno.test("memoryType keeps every digit in the text when the number can't hold them", () => {
  const type = memoryType(0, 18446744073709551615n);
  assertEquals(parse(type, 0, "18446744073709551615").text, "18446744073709551615");
  assertEquals(
    reason(memoryType(1, 9223372036854775807n), 0, "0"),
    "argument must be between 1 and 9223372036854775807 inclusive",
  );
  assertEquals(reason(type, 0, "x"), "argument must be a memory value");
});

Deno.test("integerType takes what is within its bounds and nothing that is only like a number", () => {
  const type = integerType(-2, 65535);
  assertEquals(parse(type, 0, "-2").value, -2);
  assertEquals(parse(type, 0, "65535").value, 65535);
  assertEquals(reason(type, 0, "65536"), "argument must be between -2 and 65535 inclusive");
  for (const word of ["", "+1", "01", "1.0", " 1", "1e1", "0x1", "99999999999999999999"]) {
    assertEquals(reason(type, 0, word), "argument couldn't be parsed into an integer", word);
  }
  assertEquals(reason(type, 0), "wrong number of arguments");
  assertEquals(reason(type, 0, "1", "2"), "wrong number of arguments");
});

Deno.test("YES_NO and nameType fold ASCII case only", () => {
  assertEquals(parse(YES_NO, false, "YES"), { value: true, text: "yes" });
  assertEquals(reason(YES_NO, false, "1"), "argument must be 'yes' or 'no'");
  const type = nameType(["disk", "other"]);
  assertEquals(parse(type, "other", "DISK").value, "disk");
  // U+0130 and U+212A fold to i and k in Unicode.
  for (const word of ["D\u0130SK", "DIS\u212a", ""]) {
    assertEquals(
      reason(type, "other", word),
      "argument(s) must be one of the following: disk, other",
    );
  }
});

Deno.test("PERMISSIONS are octal", () => {
  assertEquals(parse(PERMISSIONS, 0, "0750"), { value: 0o750, text: "750" });
  assertEquals(reason(PERMISSIONS, 0, "8"), "argument couldn't be parsed as an octal number");
  assertEquals(reason(PERMISSIONS, 0, "1777"), "argument must be between 0 and 777 inclusive");
});

Deno.test("MEMORY_OR_PERCENT takes sizes and percents up to 100", () => {
  const zero = { amount: 0, isPercent: false };
  assertEquals(parse(MEMORY_OR_PERCENT, zero, "5%").value, { amount: 5, isPercent: true });
  assertEquals(parse(MEMORY_OR_PERCENT, zero, "1kb").value, { amount: 1024, isPercent: false });
  assertEquals(
    reason(MEMORY_OR_PERCENT, zero, "101%"),
    "percentage argument must be less or equal to 100",
  );
});

Deno.test("textType writes no line when it is empty and that means unset", () => {
  const unset = { value: "", text: "" }, initial = { value: "x", text: "x" };
  assertEquals(textType({ emptyIsUnset: true }).rewrite(unset, initial), []);
  assertEquals(textType().rewrite(unset, initial), [{ words: '""', needed: true }]);
});

Deno.test("SAVE_RULES adds to earlier lines of the same configuration and replaces older ones", () => {
  const current = [{ seconds: 900, changes: 1 }];
  const context = { current, currentText: "900 1", directory: "/" };
  assertEquals(SAVE_RULES.parse(["60", "5"], { ...context, repeated: true }).text, "900 1 60 5");
  assertEquals(SAVE_RULES.parse(["60", "5"], { ...context, repeated: false }).text, "60 5");
  assertEquals(SAVE_RULES.parse([""], { ...context, repeated: true }).value, []);
  assertEquals(reason(SAVE_RULES, [], "60"), "Invalid save parameters");
  assertEquals(reason(SAVE_RULES, [], "0", "1"), "Invalid save parameters");
});

Deno.test("OUTPUT_BUFFER_LIMITS keeps the classes that are not named", () => {
  const limit = { hard: 0, soft: 0, seconds: 0 };
  const current = { normal: limit, replica: { ...limit, hard: 7 }, pubsub: limit };
  const { value, text } = parse(OUTPUT_BUFFER_LIMITS, current, "pubsub", "1kb", "2", "3");
  assertEquals(value.replica.hard, 7);
  assertEquals(value.pubsub, { hard: 1024, soft: 2, seconds: 3 });
  assertEquals(text, "normal 0 0 0 slave 7 0 0 pubsub 1024 2 3");
});

Deno.test("EVENT_CLASSES has the bits of the keyspace's EventClass", () => {
  const bits: [string, number][] = [
    ["K", EventClass.Keyspace],
    ["E", EventClass.Keyevent],
    ["g", EventClass.Generic],
    ["$", EventClass.String],
    ["l", EventClass.List],
    ["s", EventClass.Set],
    ["h", EventClass.Hash],
    ["z", EventClass.SortedSet],
    ["x", EventClass.Expired],
    ["e", EventClass.Evicted],
    ["t", EventClass.Stream],
    ["m", EventClass.KeyMiss],
    ["d", EventClass.Module],
    ["n", EventClass.New],
  ];
  for (const [letter, bit] of bits) {
    assertEquals(parse(EVENT_CLASSES, 0, letter).value, bit, letter);
  }
  assertEquals(parse(EVENT_CLASSES, 0, "A").value, parse(EVENT_CLASSES, 0, "g$lshzxetd").value);
  assertEquals(parse(EVENT_CLASSES, 0, "KEg$lshzxetd").text, "AKE");
});

Deno.test("SHUTDOWN_OPTIONS are sorted, and default goes when there is another", () => {
  assertEquals(parse(SHUTDOWN_OPTIONS, [], "force", "save"), {
    value: ["save", "force"],
    text: "save force",
  });
  assertEquals(parse(SHUTDOWN_OPTIONS, [], "default", "now").text, "now");
  assertEquals(parse(SHUTDOWN_OPTIONS, [], "default").text, "default");
});
