import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { ReplicationHistory } from "../../src/replication/history.ts";

Deno.test("ReplicationHistory has a name of its own, and another one when it changes", () => {
  const history = new ReplicationHistory();
  const { id } = history;
  assertMatch(id, /^[0-9a-f]{40}$/);
  assertEquals(history.id, id);
  assertNotEquals(new ReplicationHistory().id, id);
  history.change();
  assertMatch(history.id, /^[0-9a-f]{40}$/);
  assertNotEquals(history.id, id);
});
