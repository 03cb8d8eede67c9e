/** INFO compared with a real redis-server: sections, names of fields and their order. */

import { assertEquals } from "@std/assert";
import { Pair, type Side } from "../differential/pair.ts";
import { referenceTest } from "../support/reference.ts";

/** What ours has beside the reference's fields. */
const OURS_ALONE = ["miniredis_version"];

/** INFO's lines without values: headlines, names of fields, and names within values. */
async function outline(side: Side, ...sections: string[]): Promise<string[]> {
  const [text] = await side.texts("INFO", ...sections);
  return text.split("\r\n")
    .filter((line) => !OURS_ALONE.includes(line.split(":")[0]))
    .map((line) => line.startsWith("#") ? line : line.replace(/([:=])[^,]*/g, "$1"));
}

async function expectSameOutline(pair: Pair, ...sections: string[]): Promise<void> {
  const [expected, actual] = await Promise.all(
    pair.sides.map((side) => outline(side, ...sections)),
  );
  assertEquals(actual, expected, `INFO ${sections.join(" ")}`);
}

/** Sections whose lines depend on which commands ran, in an order that is the reference's hash table's. */
const UNORDERED = ["commandstats", "latencystats", "errorstats"];
const SECTIONS = [
  "server",
  "clients",
  "memory",
  "persistence",
  "stats",
  "replication",
  "cpu",
  "modules",
  "cluster",
  "keyspace",
];

referenceTest("INFO has the reference's sections and fields in its order", async (t) => {
  await using pair = await Pair.start();
  for (const side of pair.sides) {
    await side.texts("MSET", "a", "1", "b", "2");
    await side.texts("EXPIRE", "a", "1000");
  }
  for (const section of SECTIONS) {
    await t.step(section, () => expectSameOutline(pair, section));
  }
  await t.step("several sections, unknown ones and repetition", async () => {
    await expectSameOutline(pair, "keyspace", "nosuch", "CPU", "cpu");
    await expectSameOutline(pair, "nosuch");
  });
  await t.step("without the AOF", async () => {
    for (const side of pair.sides) await side.texts("CONFIG", "SET", "appendonly", "no");
    await expectSameOutline(pair, "persistence");
  });
  await t.step("statistics of commands and errors", async () => {
    for (const side of pair.sides) {
      await side.texts("CONFIG", "RESETSTAT");
      for (
        const call of [
          ["GET", "a"],
          ["GET"],
          ["HGET", "a", "f"],
          ["NOSUCH"],
          ["CONFIG", "GET"],
          ["CONFIG", "GET", "port"],
          ["CONFIG", "NOSUCH"],
        ]
      ) {
        await side.control.call(...call);
      }
    }
    for (const section of UNORDERED) {
      const [expected, actual] = await Promise.all(
        pair.sides.map(async (side) => {
          const [text] = await side.texts("INFO", section);
          // Durations differ; counts do not.
          return text.replaceAll(/(usec|usec_per_call|p[\d.]+)=[\d.]+/g, "$1=").split("\r\n")
            .sort();
        }),
      );
      assertEquals(actual, expected, section);
    }
  });
  await t.step("which sections all and default have", async () => {
    const headlines = async (side: Side, ...sections: string[]) =>
      (await outline(side, ...sections)).filter((line) => line.startsWith("#"));
    for (
      const sections of [[], ["default"], ["all"], ["everything"], ["all", "x"], ["x", "default"]]
    ) {
      const [expected, actual] = await Promise.all(
        pair.sides.map((side) => headlines(side, ...sections)),
      );
      assertEquals(actual, expected, `INFO ${sections.join(" ")}`);
    }
  });
});
