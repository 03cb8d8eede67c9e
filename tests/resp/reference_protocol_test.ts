/** The table of protocol_cases.ts and the query buffer's limit, checked on a real redis-server. */

import { assert, assertEquals } from "@std/assert";
import { byteString } from "../../src/base/span.ts";
import { Frame } from "../../src/resp/frame.ts";
import { RawClient } from "../support/raw_client.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { expectedOutput, PROTOCOL_CASES } from "./protocol_cases.ts";

/** Sends `input` and an end of file; returns all that comes until the server closes. */
async function exchange(port: number, input: string): Promise<string> {
  const client = await RawClient.connect(port);
  await client.write(input);
  await client.closeWrite();
  assert(await client.waitForClose(), "the server did not close");
  await client.close();
  return client.unread;
}

referenceTest("reference answers malformed requests as the decoder's table says", async (t) => {
  await using server = await startReference();
  await using guarded = await startReference({ directives: { requirepass: "secret" } });
  for (const one of PROTOCOL_CASES) {
    await t.step(one.name, async () => {
      const { port } = one.unauthenticated ? guarded : server;
      assertEquals(await exchange(port, one.input), expectedOutput(one));
    });
  }
});

referenceTest("reference counts only unfinished arguments against the query buffer", async () => {
  await using server = await startReference({
    directives: { "client-query-buffer-limit": "1mb" },
  });
  const values = Array.from({ length: 100 }, (_, i) => [`key:${i}`, "x".repeat(20_000)]);
  const many = byteString(Frame.fromStrings(["MSET", ...values.flat()]).encoded());
  assertEquals(await exchange(server.port, many), "+OK\r\n");

  const one = Frame.fromStrings(["SET", "key", "x".repeat(1024 * 1024)]).encoded();
  const client = await RawClient.connect(server.port);
  await client.write(byteString(one));
  assert(await client.waitForClose());
  await client.close();
  assertEquals(client.unread, "");
});
