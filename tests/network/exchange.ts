/** One half-closed connection: all is sent, the end of it is told, and then all is read. */

import { assert } from "@std/assert";
import { ConnectionClosed, RawClient } from "../support/raw_client.ts";

/** Sends `input` and an end of file; returns all that comes until the server closes. */
export async function exchange(port: number, input: string): Promise<string> {
  const client = await RawClient.connect(port);
  try {
    await client.write(input);
    await client.closeWrite();
  } catch (error) {
    // A server that has had enough closes before it has read all.
    if (!(error instanceof ConnectionClosed || error instanceof Deno.errors.NotConnected)) {
      throw error;
    }
  }
  assert(await client.waitForClose(), "the server did not close");
  await client.close();
  return client.unread;
}
