/** npm:ioredis, as it comes, against an embedded server: what it is used for every day. */

import { Redis } from "ioredis";
import { PATIENCE } from "../support/wait_for.ts";
import { testEverydayFeatures } from "./ioredis_family.ts";

for (const protocol of ["its default", 2, 3] as const) {
  const title = (what: string) => `npm:ioredis ${what} when the protocol is ${protocol}`;
  testEverydayFeatures(title, async (url) => {
    const options = typeof protocol === "number" ? { protocol } : {};
    const client = new Redis(url, { ...options, lazyConnect: true, connectTimeout: PATIENCE });
    // What it says of a connection that is lost; a command that fails for it rejects by itself.
    client.on("error", () => {});
    await client.connect();
    return Object.assign(client, {
      [Symbol.asyncDispose]: async () => {
        await client.quit();
      },
    });
  });
}
