import { assert, assertEquals } from "@std/assert";
import { startEmbedded } from "../support/embedded.ts";

Deno.test("CONFIG SET of a directive that does less than in Redis says so in the log", async () => {
  await using parts = await startEmbedded();
  const client = await parts.connect();
  const said = (name: string) => parts.log.filter((line) => line.includes(`'${name}' has `));
  for (const [name, value] of [["dynamic-hz", "no"], ["tcp-keepalive", "60"]]) {
    assertEquals(await client.texts("CONFIG", "SET", name, value), ["OK"]);
    assertEquals(said(name).length, 1, parts.log.join(""));
    // What was so before is nothing new.
    assertEquals(await client.texts("CONFIG", "SET", name, value), ["OK"]);
    assertEquals(said(name).length, 1);
  }
  assertEquals(await client.texts("CONFIG", "SET", "hz", "20"), ["OK"]);
  assert(said("hz").length === 0);
});
