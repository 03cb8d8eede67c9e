import { assertEquals } from "@std/assert";
import { byteString } from "../../src/base/span.ts";
import { SelectTracker } from "../../src/resp/select_tracker.ts";

function selected(tracker: SelectTracker, databases: readonly number[]): (string | null)[] {
  return databases.map((database) => {
    const select = tracker.select(database);
    return select && byteString(select);
  });
}

Deno.test("SelectTracker asks for SELECT where the database changes, and at the beginning", () => {
  assertEquals(selected(new SelectTracker(), [0, 0, 12, 12, 0]), [
    "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n",
    null,
    "*2\r\n$6\r\nSELECT\r\n$2\r\n12\r\n",
    null,
    "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n",
  ]);
});

Deno.test("SelectTracker asks again when the stream begins anew", () => {
  const tracker = new SelectTracker(), other = new SelectTracker();
  selected(tracker, [7]);
  selected(other, [7]);
  tracker.restart();
  assertEquals(selected(tracker, [7, 7]), ["*2\r\n$6\r\nSELECT\r\n$1\r\n7\r\n", null]);
  assertEquals(selected(other, [7]), [null]);
});
