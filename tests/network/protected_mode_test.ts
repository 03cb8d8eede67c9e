/** Who may connect to a server without a password: this machine alone, whatever way is taken. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Certificates, tlsTest } from "../support/certificates.ts";
import { freePort } from "../support/free_port.ts";
import { REMOTE } from "../support/ip_families.ts";
import { RawClient } from "../support/raw_client.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { startEmbedded } from "../support/embedded.ts";

const NO_ADDRESS = "skipped: this machine has no address but the loopback's";

/** Runs `test` with that address, or says why it can't. */
function withRemoteAddress(test: (hostname: string) => Promise<void>): () => Promise<void> {
  return async () => {
    if (REMOTE === undefined) console.log(NO_ADDRESS);
    else await test(REMOTE);
  };
}

/** What a server says to `text`; without one, to who has only connected. */
async function hear(conn: Deno.Conn, text = ""): Promise<string> {
  if (text !== "") await conn.write(new TextEncoder().encode(text));
  let heard = "";
  const buffer = new Uint8Array(4096);
  while (!heard.endsWith("\r\n")) {
    const count = await conn.read(buffer);
    if (count === null) break;
    heard += new TextDecoder().decode(buffer.subarray(0, count));
  }
  conn.close();
  return heard;
}

referenceTest(
  "protected mode turns remote clients away as in redis-server",
  withRemoteAddress(async (hostname) => {
    await using theirs = await startReference({ directives: { "protected-mode": "yes" } });
    await using ours = await startEmbedded({ bind: "*" });
    const expected = await hear(await Deno.connect({ hostname, port: theirs.port }));
    assertMatch(expected, /^-DENIED Redis is running in protected mode/);
    const { port } = ours.server;
    assertEquals(await hear(await Deno.connect({ hostname, port })), expected);
    const local = await ours.connect();
    for (
      const [name, value, reply] of [
        ["requirepass", "secret", "-NOAUTH Authentication required.\r\n"],
        ["requirepass", "", expected],
        ["protected-mode", "no", "+PONG\r\n"],
        ["protected-mode", "yes", expected],
      ]
    ) {
      assertEquals(await local.texts("CONFIG", "SET", name, value), ["OK"]);
      const sent = reply === expected ? "" : "PING\r\n";
      const conn = await Deno.connect({ hostname, port });
      assertEquals(await hear(conn, sent), reply, `${name} ${value}`);
    }
    assertEquals(ours.server.statistics.rejectedConnections, 3);
  }),
);

tlsTest(
  "protected mode turns remote clients away after the handshake",
  withRemoteAddress(async (hostname) => {
    await using certificates = await Certificates.create();
    const { certFile, keyFile } = await certificates.sign("server", hostname);
    const port = freePort();
    await using parts = await startEmbedded({
      ...{ "bind": "*", "tls-port": String(port), "tls-auth-clients": "no" },
      ...{ "tls-cert-file": certFile, "tls-key-file": keyFile },
    });
    const connect = () => Deno.connectTls({ hostname, port, caCerts: [certificates.caCert] });
    assertMatch(await hear(await connect()), /^-DENIED .*outside\.\r\n$/);
    const local = await parts.connect();
    await local.texts("CONFIG", "SET", "protected-mode", "no");
    assertEquals(await hear(await connect(), "PING\r\n"), "+PONG\r\n");
  }),
);

Deno.test(
  "protected mode keeps the metrics from remote peers",
  withRemoteAddress(async (hostname) => {
    const port = freePort();
    await using parts = await startEmbedded({ "bind": "*", "metrics-port": String(port) });
    const ask = async () => await (await fetch(`http://${hostname}:${port}/healthz`)).text();
    await assertRejects(ask, TypeError);
    const local = await parts.connect();
    // A password, of which the metrics know nothing, does not open them either.
    await local.texts("CONFIG", "SET", "requirepass", "secret");
    const metrics = async (host: string) => {
      const response = await fetch(`http://${host}:${port}/metrics`);
      return [response.status, (await response.text()).includes("redis_up 1")];
    };
    assertEquals(await ask(), "ok\n");
    assertEquals(await metrics(hostname), [403, false]);
    assertEquals(await metrics("127.0.0.1"), [200, true]);
    await local.texts("CONFIG", "SET", "protected-mode", "no");
    assertEquals(await ask(), "ok\n");
    assertEquals(await metrics(hostname), [200, true]);
    using conn = await RawClient.connect(port);
    await conn.write("GET /readyz HTTP/1.0\r\n\r\n");
    assert(await conn.waitForClose());
    assertMatch(conn.unread, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok\n$/);
  }),
);
