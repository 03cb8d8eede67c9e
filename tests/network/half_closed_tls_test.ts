/** Clients with TLS whose peer has sent all that it will send. */

import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { byteString } from "../../src/base/span.ts";
import { DenoTlsSocket } from "../../src/network/tls_deno.ts";
import { verifiesClients } from "../../src/network/tls_engine.ts";
import { infoNumber } from "../support/process_figures.ts";
import { Certificates, tlsTest } from "../support/certificates.ts";
import { freePort } from "../support/free_port.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { encodeCommandText, RawClient } from "../support/raw_client.ts";
import { waitFor } from "../support/wait_for.ts";

/** A server with a TLS port, in a process of its own. */
async function startWithTls(certificates: Certificates) {
  const tlsPort = freePort();
  const { certFile, keyFile } = await certificates.sign("server");
  const server = await startMiniredis({
    directives: {
      "tls-port": String(tlsPort),
      "tls-cert-file": certFile,
      "tls-key-file": keyFile,
      "tls-auth-clients": "no",
    },
  });
  return { server, tlsPort };
}

tlsTest("a half-closed TLS connection is told all that it has asked for, every time", async () => {
  await using certificates = await Certificates.create();
  const { server, tlsPort } = await startWithTls(certificates);
  await using _ = server;
  for (let i = 0; i < 40; i++) {
    const client = await RawClient.connectTls(tlsPort, { caCerts: [certificates.caCert] });
    await client.write("PING\r\nBLPOP nothing 0\r\nPING\r\n");
    await client.closeWrite();
    assert(await client.waitForClose());
    assertEquals(client.unread, "+PONG\r\n");
    await client.close();
  }
  const looker = await server.connect();
  await waitFor("all to be gone", async () => {
    return await infoNumber(looker, "connected_clients") === 1;
  });
});

tlsTest(
  "a TLS connection that ends without saying goodbye is told what it has asked for",
  async () => {
    // Deno 2.7 has no way to do TLS over a connection that can then be half-closed.
    if (!verifiesClients()) return console.log("skipped: needs Node's TLS");
    await using certificates = await Certificates.create();
    const { server, tlsPort } = await startWithTls(certificates);
    await using _ = server;
    for (let i = 0; i < 20; i++) {
      const tcp = net.connect(tlsPort, "127.0.0.1");
      const client = tls.connect({ socket: tcp, ca: certificates.caCert, servername: "localhost" });
      await once(client, "secureConnect");
      let received = "";
      client.on("data", (bytes: Uint8Array) => received += byteString(bytes));
      client.write("PING\r\nBLPOP nothing 0\r\n", () => tcp.end());
      await once(client, "close");
      assertEquals(received, "+PONG\r\n");
    }
  },
);

Deno.test("DenoTlsSocket takes an end without goodbye for an end, and no other failure", async () => {
  const failing = (error: Error) =>
    new DenoTlsSocket({ read: () => Promise.reject(error) } as unknown as Deno.Conn);
  const target = new Uint8Array(1);
  assertEquals(await failing(new Deno.errors.UnexpectedEof("cut off")).read(target), null);
  const reset = failing(new Deno.errors.ConnectionReset("reset"));
  await assertRejects(() => reset.read(target), Deno.errors.ConnectionReset);
});

tlsTest(
  "a half-closed TLS connection is dropped when its peer reads nothing, and served while it reads",
  async () => {
    await using certificates = await Certificates.create();
    const { server, tlsPort } = await startWithTls(certificates);
    await using _ = server;
    const looker = await server.connect();
    const length = 3_000_000, count = 30;
    await looker.texts("SET", "large", "x".repeat(length));
    const connect = async (count: number) => {
      const options = { hostname: "localhost", port: tlsPort, caCerts: [certificates.caCert] };
      const conn = await Deno.connectTls(options);
      await conn.write(
        new TextEncoder().encode(encodeCommandText(["GET", "large"]).repeat(count)),
      );
      await conn.closeWrite();
      return conn;
    };
    using lazy = await connect(5);
    using reader = await connect(count);
    const buffer = new Uint8Array(1 << 20);
    let received = 0;
    for (let read = await reader.read(buffer); read !== null; read = await reader.read(buffer)) {
      received += read;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assertEquals(received, count * (length + "$3000000\r\n\r\n".length));
    await waitFor("the other one to be dropped", async () => {
      return await infoNumber(looker, "connected_clients") === 1;
    });
    assert(lazy.remoteAddr);
  },
);
