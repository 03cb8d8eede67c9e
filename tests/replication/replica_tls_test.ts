/** Links to a primary over TLS. */

import { assertEquals } from "@std/assert";
import { Certificates } from "../support/certificates.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { freePort } from "../support/free_port.ts";
import { waitFor } from "../support/wait_for.ts";

function tlsDirectives(certificates: Certificates, name: string): Record<string, string> {
  return {
    "tls-cert-file": certificates.path(`${name}.crt`),
    "tls-key-file": certificates.path(`${name}.key`),
    "tls-ca-cert-file": certificates.caFile,
    "tls-replication": "yes",
  };
}

referenceTest("a replica verifies its primary's chain over TLS, and not its name", async () => {
  await using certificates = await Certificates.create();
  // The primary is reached by an address that its certificate does not have.
  await certificates.sign("primary", "10.1.2.3");
  await certificates.sign("replica");
  const port = await freePort();
  await using primary = await startReference({
    directives: {
      ...tlsDirectives(certificates, "primary"),
      "tls-port": String(port),
      "repl-diskless-sync-delay": "0",
    },
  });
  using writer = await primary.connect();
  await writer.call("SET", "a", "x".repeat(200_000));
  await using replica = await startMiniredis({
    directives: { ...tlsDirectives(certificates, "replica"), "replicaof": `127.0.0.1 ${port}` },
  });
  using reader = await replica.connect();
  await waitFor(
    "the link",
    async () => (await reader.texts("INFO", "replication"))[0].includes("master_link_status:up"),
  );
  await writer.call("SET", "b", "1");
  await waitFor("the change", async () => (await reader.call("GET", "b")).text === "1");
  assertEquals((await reader.call("STRLEN", "a")).text, "200000");

  await using others = await Certificates.create();
  await others.sign("stranger");
  await using stranger = await startMiniredis({
    directives: { ...tlsDirectives(others, "stranger"), "replicaof": `127.0.0.1 ${port}` },
  });
  await waitFor(
    "the refusal",
    () => /certificate verify failed|unable to verify|self.signed/i.test(stranger.log),
  );
});

referenceTest(
  "CONFIG SET refuses TLS to a primary where there are no certificates, as Redis does",
  async () => {
    await using server = await startMiniredis();
    await using reference = await startReference();
    using ours = await server.connect();
    using theirs = await reference.connect();
    for (const client of [ours, theirs]) {
      assertEquals(
        (await client.call("CONFIG", "SET", "tls-replication", "yes")).text,
        "ERR CONFIG SET failed (possibly related to argument 'tls-replication') - Unable to update TLS " +
          "configuration. Check server logs.",
      );
      assertEquals(await client.texts("CONFIG", "GET", "tls-replication"), [
        "tls-replication",
        "no",
      ]);
    }
  },
);
