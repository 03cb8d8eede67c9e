/** Where the examples find a server, or get one of their own. */

import { startServer } from "../src/mod.ts";

/** A server's address, and what ends the server if it was started for this. */
export interface FoundServer extends AsyncDisposable {
  readonly url: URL;
}

/**
 * The server that the first argument or the environment's REDIS_URL names (`redis://127.0.0.1:6379`);
 * without either, one that is embedded in this process and ends with the program.
 */
export async function findServer(): Promise<FoundServer> {
  const given = Deno.args[0] || Deno.env.get("REDIS_URL");
  if (given) {
    console.log(`using the server at ${given}`);
    return { url: new URL(given), [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const server = await startServer();
  console.log(`started a server at ${server.url}`);
  return { url: new URL(server.url), [Symbol.asyncDispose]: () => server.stop() };
}
