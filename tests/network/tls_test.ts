/** TLS: the port, its certificates and who may come in. */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { ConfigError } from "../../src/config/mod.ts";
import { denoEngine, verifiesClients } from "../../src/network/tls_engine.ts";
import { ListenError } from "../../src/network/listen_error.ts";
import { TlsError, type TlsMaterial } from "../../src/network/tls_material.ts";
import { Certificates, type CertifiedKey, tlsTest } from "../support/certificates.ts";
import { freePort } from "../support/free_port.ts";
import { ConnectionClosed, RawClient } from "../support/raw_client.ts";
import type { Directives } from "../support/server_process.ts";
import { PATIENCE, waitFor } from "../support/wait_for.ts";
import { startEmbedded } from "../support/embedded.ts";

/** The directives of a TLS port that asks clients for nothing. */
function tlsDirectives(port: number, { certFile, keyFile }: CertifiedKey): Directives {
  return {
    "tls-port": String(port),
    "tls-cert-file": certFile,
    "tls-key-file": keyFile,
    "tls-auth-clients": "no",
  };
}

/** What PING over TLS comes to: PONG, or that the connection was refused. */
async function ping(
  port: number,
  caCerts: string[],
  client?: CertifiedKey,
): Promise<string> {
  try {
    const connection = await RawClient.connectTls(port, { caCerts, ...client });
    try {
      return (await connection.call("PING")).text ?? "";
    } finally {
      await connection.close();
    }
  } catch (error) {
    // With TLS 1.3 a client learns only after its part of the handshake that it is not welcome.
    if (error instanceof ConnectionClosed || error instanceof Deno.errors.InvalidData) {
      return "refused";
    }
    if (error instanceof Deno.errors.UnexpectedEof) return "refused";
    if (error instanceof Deno.errors.ConnectionReset) return "refused";

    throw error;
  }
}

tlsTest("a server serves TLS and plain connections at once", async () => {
  await using certificates = await Certificates.create();
  const port = freePort();
  await using parts = await startEmbedded(
    tlsDirectives(port, await certificates.sign("server")),
  );
  const plain = await parts.connect();
  const secure = await RawClient.connectTls(port, { caCerts: [certificates.caCert] });
  assertEquals(await secure.texts("SET", "key", "over TLS"), ["OK"]);
  assertEquals(await plain.texts("GET", "key"), ["over TLS"]);
  assertEquals(await plain.texts("SET", "big", "x".repeat(3_000_000)), ["OK"]);
  assertEquals((await secure.texts("GET", "big"))[0].length, 3_000_000);
  const [list] = await plain.texts("CLIENT", "LIST");
  assertEquals(list.match(/ laddr=\S+/g), [
    ` laddr=127.0.0.1:${parts.server.port}`,
    ` laddr=127.0.0.1:${port}`,
  ]);
  await secure.close();
  await waitFor("the client to be gone", async () => {
    return (await plain.texts("INFO", "clients"))[0].includes("connected_clients:1\r\n");
  });
});

tlsTest("a key with a passphrase is read when tls-key-file-pass gives it", async () => {
  await using certificates = await Certificates.create();
  const server = await certificates.sign("server");
  const keyFile = await certificates.encryptKey(server, "open sesame");
  const port = freePort();
  const directives = tlsDirectives(port, { ...server, keyFile });
  await using _parts = await startEmbedded({
    ...directives,
    "tls-key-file-pass": '"open sesame"',
  });
  assertEquals(await ping(port, [certificates.caCert]), "PONG");
  for (const passphrase of ["wrong", '""']) {
    await assertRejects(
      () => startEmbedded({ ...directives, "tls-key-file-pass": passphrase }),
      ConfigError,
      "Failed to load private key",
    );
  }
});

tlsTest("a server does not start with TLS that can't be had, and says why", async () => {
  await using certificates = await Certificates.create();
  const server = await certificates.sign("server"), other = await certificates.sign("other");
  await Deno.writeTextFile(certificates.path("nonsense"), "nonsense");
  const good = tlsDirectives(freePort(), server);
  const withoutAuth = { "tls-port": "1", "tls-auth-clients": "no" };
  const cases: [Directives, string][] = [
    [withoutAuth, "No tls-cert-file configured!"],
    [{ ...withoutAuth, "tls-cert-file": "x" }, "No tls-key-file configured!"],
    [{ ...good, "tls-cert-file": "/nosuch" }, "/nosuch: No such file or directory"],
    [{ ...good, "tls-key-file": "/nosuch" }, "/nosuch: No such file or directory"],
    [{ ...good, "tls-key-file": other.keyFile }, "key values mismatch"],
    [{ ...good, "tls-cert-file": certificates.path("nonsense") }, "not a certificate"],
    [{ ...good, "tls-protocols": "SSLv3" }, "Invalid tls-protocols specified."],
    [{ ...good, "tls-protocols": '"TLSv1.1 TLSv1.2"' }, "no older ones"],
    [{ ...good, "tls-ciphers": "DEFAULT" }, "Deno chooses the ciphers"],
    [{ ...good, "tls-ciphersuites": "x" }, "Deno chooses the ciphers"],
    [{ ...good, "tls-dh-params-file": "x" }, "Deno chooses the ciphers"],
    [{ ...good, "tls-prefer-server-ciphers": "yes" }, "Deno chooses the ciphers"],
    [{ ...good, "tls-session-caching": "no" }, "is the runtime's to decide"],
    [{ ...good, "tls-auth-clients": "yes" }, "'tls-auth-clients no'"],
    [{ ...good, "tls-auth-clients": "optional" }, "'tls-auth-clients no'"],
    [{ ...good, "tls-ca-cert-file": certificates.path("nonsense") }, "not a certificate"],
  ];
  for (const [directives, message] of cases) {
    await assertRejects(() => startEmbedded(directives), ConfigError, message);
  }
});

tlsTest("clients' certificates are asked for unless tls-auth-clients is no", async (t) => {
  await using certificates = await Certificates.create();
  const server = await certificates.sign("server"), client = await certificates.sign("client");
  const stranger = await certificates.selfSigned("stranger");
  const { caCert, caFile } = certificates;
  const authorities: Directives[] = [
    { "tls-ca-cert-file": caFile },
    { "tls-ca-cert-dir": await certificates.caDirectory() },
  ];
  for (const authority of authorities) {
    for (const mode of ["the default", "yes", "optional"]) {
      await t.step(`${mode}, ${Object.keys(authority)}`, async () => {
        const port = freePort();
        const files: Directives = {
          "tls-port": String(port),
          "tls-cert-file": server.certFile,
          "tls-key-file": server.keyFile,
          ...authority,
        };
        const directives: Directives = mode === "the default"
          ? files
          : { ...files, "tls-auth-clients": mode };
        if (!verifiesClients()) {
          await assertRejects(
            () => startEmbedded(directives),
            ConfigError,
            "can't verify the certificates of clients: set 'tls-auth-clients no'",
          );
          return;
        }
        await using parts = await startEmbedded(directives);
        assertEquals(await ping(port, [caCert], client), "PONG");
        assertEquals(await ping(port, [caCert]), mode === "optional" ? "PONG" : "refused");
        assertEquals(await ping(port, [caCert], stranger), "refused");
        assertEquals(await ping(port, [caCert], client), "PONG");
        const refusals = mode === "optional" ? 1 : 2;
        const said = parts.log.filter((line) =>
          line.includes("Error accepting a client connection")
        );
        assertEquals(said.length, refusals, said.join(""));
      });
    }
  }
});

/** What openssl's client is told when it sends PING, and shows a certificate if it has one. */
async function pingByOpenssl(port: number, client?: CertifiedKey): Promise<string> {
  const shown = client === undefined ? [] : ["-cert", client.certFile, "-key", client.keyFile];
  const process = new Deno.Command("openssl", {
    args: ["s_client", "-quiet", "-connect", `127.0.0.1:${port}`, ...shown],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    signal: AbortSignal.timeout(PATIENCE),
  }).spawn();
  const fed = new Blob(["PING\r\nQUIT\r\n"]).stream().pipeTo(process.stdin).catch((error) => {
    // It need not read to the end what it has no use for.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  });
  const { stdout } = await process.output();
  await fed;
  return new TextDecoder().decode(stdout);
}

tlsTest("a certificate of X.509 version 1 works for a server, or the reason is named", async () => {
  await using certificates = await Certificates.create();
  const old = await certificates.signVersion1("old"), port = freePort();
  if (!verifiesClients()) {
    const failure = startEmbedded(tlsDirectives(port, old));
    return void await assertRejects(() => failure, ListenError, "UnsupportedCertVersion");
  }
  await using parts = await startEmbedded(tlsDirectives(port, old));
  assertEquals(await pingByOpenssl(port), "+PONG\r\n+OK\r\n", parts.log.join(""));
});

tlsTest("the log names the reason when a client's certificate is not accepted", async () => {
  if (!verifiesClients()) return console.log("skipped: this Deno can't verify clients");
  await using certificates = await Certificates.create();
  const server = await certificates.sign("server"), port = freePort();
  await using parts = await startEmbedded({
    ...tlsDirectives(port, server),
    "tls-ca-cert-file": certificates.caFile,
    "tls-auth-clients": "yes",
  });
  for (
    const [client, reason] of [
      [await certificates.signVersion1("old"), "version 1, which Deno accepts of"],
      [await certificates.selfSigned("stranger"), "certificate verify failed: "],
      [undefined, "peer sent no certificates"],
    ] as const
  ) {
    assertEquals(await pingByOpenssl(port, client), "");
    const said = () => parts.log.at(-1) ?? "";
    await waitFor(`the reason: ${parts.log.join("")}`, () => said().includes(reason));
    assertStringIncludes(said(), "Error accepting a client connection: ");
  }
  assertEquals(await pingByOpenssl(port, await certificates.sign("client")), "+PONG\r\n+OK\r\n");
});

tlsTest("big values and pipelines come whole when clients' certificates are verified", async () => {
  if (!verifiesClients()) return console.log("skipped: this Deno can't verify clients");
  await using certificates = await Certificates.create();
  const server = await certificates.sign("server"), client = await certificates.sign("client");
  const port = freePort();
  await using parts = await startEmbedded({
    ...tlsDirectives(port, server),
    "tls-ca-cert-file": certificates.caFile,
    "tls-auth-clients": "yes",
  });
  const caCerts = [certificates.caCert];
  const connection = await RawClient.connectTls(port, { caCerts, ...client });
  const big = Array.from({ length: 300_000 }, (_, i) => String(i)).join(" ");
  assertEquals(await connection.texts("SET", "big", big), ["OK"]);
  assert((await connection.texts("GET", "big"))[0] === big);
  const commands = Array.from({ length: 2000 }, (_, i) => ["SETRANGE", "k", "0", String(i)]);
  assertEquals((await connection.pipeline(commands)).length, 2000);
  // Who goes without a word is forgotten, and who stays at the end is closed.
  const gone = await RawClient.connectTls(port, { caCerts, ...client });
  await gone.close();
  await waitFor("the client to be gone", () => parts.server.clients.count === 1);
  assertEquals(await connection.texts("QUIT"), ["OK"]);
  assert(await connection.waitForClose());
  await connection.close();
  assertEquals(parts.server.clients.count, 0);
});

tlsTest("a peer that can't shake hands disturbs nobody", async () => {
  if (!verifiesClients()) return console.log("skipped: this Deno can't give a handshake up");
  await using certificates = await Certificates.create();
  const server = await certificates.sign("server");
  const modes: Directives[] = [
    { "tls-auth-clients": "no" },
    { "tls-auth-clients": "optional", "tls-ca-cert-file": certificates.caFile },
  ];
  for (const mode of modes) {
    const port = freePort();
    await using parts = await startEmbedded({
      ...tlsDirectives(port, server),
      ...mode,
      "maxclients": "4",
    });
    // Plain text on the TLS port.
    using plain = await RawClient.connect(port);
    await plain.write("PING\r\n");
    assert(await plain.waitForClose());
    assert(!plain.unread.includes("PONG"));
    // Connections that end or are reset before or within the handshake.
    for (const bytes of [[], [22], [22, 3, 1, 2, 0, 1], [255, 255]]) {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port });
      if (bytes.length > 0) await conn.write(Uint8Array.from(bytes));
      conn.close();
    }
    const pings = async () => await ping(port, [certificates.caCert]) === "PONG";
    await waitFor("the others to be forgotten", pings);
    await waitFor("nobody to be there", () => parts.server.clients.count === 0);
    // Half a handshake, then silence: it counts as a client, and its time is limited.
    const silent = await Promise.all(
      [1, 2, 3, 4].map(() => RawClient.connect(port)),
    );
    for (const client of silent) await client.write("\x16\x03\x01\x02\x00\x01");
    await waitFor("the room to be full", async () => {
      return await ping(port, [certificates.caCert]) === "refused";
    });
    parts.clock.advance(9_000);
    for (const client of silent) assert(!client.closed);
    parts.clock.advance(2_000);
    for (const client of silent) assert(await client.waitForClose());
    await waitFor("room again", pings);
    assertEquals(parts.log.filter((line) => line.includes("took too long")).length, 4);
    for (const client of silent) await client.close();
    // One that never shakes hands is dropped with the server.
    using waiting = await RawClient.connect(port);
    await waiting.write("\x16");
    await parts.server.stop();
    assert(await waiting.waitForClose());
  }
});

tlsTest("CONFIG SET moves the TLS port and renews certificates, all or nothing", async () => {
  await using certificates = await Certificates.create();
  const first = await certificates.sign("first"), stranger = await certificates.selfSigned("x");
  const { caCert } = certificates;
  await using parts = await startEmbedded();
  const client = await parts.connect();
  const set = async (...words: string[]) => (await client.call("CONFIG", "SET", ...words)).text;
  const failed = (name: string, reason: string) =>
    `ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason} Check server logs.`;
  const [port, second] = [freePort(), freePort()];
  const NO_TLS = "Unable to update TLS configuration.";
  assertEquals(await set("tls-port", String(port)), failed("tls-port", NO_TLS));
  // Files are looked at when they are needed, as in Redis.
  assertEquals(await set("tls-cert-file", "/nosuch"), "OK");
  assertEquals(
    await set("tls-cert-file", first.certFile, "tls-key-file", first.keyFile),
    "OK",
  );
  assertEquals(await set("tls-auth-clients", "no", "tls-port", String(port)), "OK");
  assertEquals(await ping(port, [caCert]), "PONG");
  const old = await RawClient.connectTls(port, { caCerts: [caCert] });
  // A port that is taken, a file that is missing, and a key of another certificate change nothing.
  assertEquals(
    await set("tls-port", String(parts.server.port)),
    failed("tls-port", "Unable to listen on this port."),
  );
  assertEquals(await set("tls-cert-file", "/nosuch"), failed("tls-cert-file", NO_TLS));
  assertEquals(await set("tls-key-file", stranger.keyFile), failed("tls-key-file", NO_TLS));
  assertEquals(
    await set("tls-cert-file", stranger.certFile, "tls-key-file", first.keyFile),
    failed("tls-cert-file", NO_TLS),
  );
  assertEquals(await set("tls-auth-clients", "yes"), failed("tls-auth-clients", NO_TLS));
  assertEquals(await client.texts("CONFIG", "GET", "tls-port"), ["tls-port", String(port)]);
  assertEquals(await ping(port, [caCert]), "PONG");
  // Another certificate is for those who come from now on.
  assertEquals(
    await set("tls-cert-file", stranger.certFile, "tls-key-file", stranger.keyFile),
    "OK",
  );
  await waitFor("the other certificate", async () => await ping(port, [caCert]) === "refused");
  assertEquals(await old.texts("PING"), ["PONG"]);
  // The same name again has the file read again.
  await Deno.writeTextFile(stranger.certFile, first.cert);
  await Deno.writeTextFile(stranger.keyFile, first.key);
  assertEquals(await set("tls-cert-file", stranger.certFile), "OK");
  await waitFor("the first certificate", async () => await ping(port, [caCert]) === "PONG");
  // To another port, and away.
  assertEquals(await set("tls-port", String(second)), "OK");
  assertEquals(await ping(second, [caCert]), "PONG");
  await assertRejects(() => ping(port, [caCert]), Deno.errors.ConnectionRefused);
  assertEquals(await set("tls-port", "0"), "OK");
  await assertRejects(() => ping(second, [caCert]), Deno.errors.ConnectionRefused);
  assertEquals(await old.texts("PING"), ["PONG"]);
  await old.close();
});

tlsTest("only TLS is served when port is 0", async () => {
  await using certificates = await Certificates.create();
  const server = await certificates.sign("server");
  const port = freePort();
  await using parts = await startEmbedded(tlsDirectives(port, server));
  const client = await RawClient.connectTls(port, { caCerts: [certificates.caCert] });
  const plainPort = parts.server.port;
  assertEquals(await client.texts("CONFIG", "SET", "port", "0"), ["OK"]);
  await assertRejects(() => RawClient.connect(plainPort), Deno.errors.ConnectionRefused);
  assertStringIncludes((await client.texts("INFO", "server"))[0], `tcp_port:${port}\r\n`);
  await client.close();
});

tlsTest("Deno's own TLS serves where Node's is missing, and refuses what it can't do", async () => {
  await using certificates = await Certificates.create();
  const { cert: certificate, key } = await certificates.sign("server");
  const material: TlsMaterial = {
    ...{ certificate, key, authorities: [], clients: "no" },
    ...{ minVersion: "TLSv1.2", maxVersion: "TLSv1.3" },
  };
  for (const clients of ["yes", "optional"] as const) {
    assertThrows(() => denoEngine({ ...material, clients }), TlsError, "'tls-auth-clients no'");
  }
  assertThrows(() => denoEngine({ ...material, minVersion: "TLSv1.3" }), TlsError, "always offers");
  const engine = denoEngine(material);
  using listener = await engine.opener("127.0.0.1", 0, 16);
  const { port } = listener.addr;
  const connecting = RawClient.connectTls(port, { caCerts: [certificates.caCert] });
  const conn = await engine.handshake(await listener.accept());
  const client = await connecting;
  await client.write("hello");
  assertEquals(await conn.read(new Uint8Array(16)), 5);
  conn.close();
  await client.close();
});
