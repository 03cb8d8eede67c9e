/** Real clients over TLS: redis-cli, npm:redis, npm:ioredis and npm:iovalkey. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { Redis } from "ioredis";
import { Redis as Valkey } from "iovalkey";
import { BasicClientSideCache, createClient } from "redis";
import { type EmbeddedServer, startServer } from "../../src/mod.ts";
import { verifiesClients } from "../../src/network/tls_engine.ts";
import {
  Certificates,
  type CertifiedKey,
  missingOpenssl,
  tlsTest,
} from "../support/certificates.ts";
import { freePort } from "../support/free_port.ts";
import { missingReference } from "../support/reference.ts";
import { requiredTest } from "../support/required_test.ts";
import { redisCli } from "../support/redis_cli.ts";
import { waitFor } from "../support/wait_for.ts";
import { patientOptions } from "./patient_options.ts";

/** A server with a TLS port, and a client's certificate where it asks for one. */
interface Fixture extends AsyncDisposable {
  readonly server: EmbeddedServer;
  readonly port: number;
  readonly ca: string;
  readonly caFile: string;
  readonly client: CertifiedKey;
}

async function fixture(clients: "no" | "yes"): Promise<Fixture> {
  const certificates = await Certificates.create();
  const { certFile, keyFile } = await certificates.sign("server");
  const port = freePort();
  const server = await startServer({
    directives: {
      "tls-port": String(port),
      "tls-cert-file": certFile,
      "tls-key-file": keyFile,
      "tls-ca-cert-file": certificates.caFile,
      "tls-auth-clients": clients,
    },
  });
  return {
    ...{ server, port, ca: certificates.caCert, caFile: certificates.caFile },
    client: await certificates.sign("client"),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await certificates[Symbol.asyncDispose]();
    },
  };
}

for (const clients of verifiesClients() ? ["no", "yes"] as const : ["no"] as const) {
  const title = (what: string) => `${what} over TLS when tls-auth-clients is ${clients}`;

  const missing = missingOpenssl() ?? missingReference();
  requiredTest(missing, title("redis-cli runs commands"), async () => {
    await using parts = await fixture(clients);
    const { certFile, keyFile } = parts.client;
    const tls = ["--tls", "--cacert", parts.caFile];
    if (clients === "yes") tls.push("--cert", certFile, "--key", keyFile);
    const cli = (args: string[], input = "") => redisCli(parts.port, [...tls, ...args], input);
    assertEquals((await cli(["SET", "key", "value"])).output, "OK\n");
    assertEquals((await cli([], "GET key\nINCR n\nINCR n\n")).output, "value\n1\n2\n");
    const commands = Array.from({ length: 5000 }, (_, i) => `SET key:${i} ${i}\r\n`).join("");
    assertStringIncludes(
      (await cli(["--pipe"], commands)).output,
      "errors: 0, replies: 5000\n",
    );
    assertEquals((await cli(["DBSIZE"])).output, "5002\n");
    // Without TLS the port speaks to nobody.
    const { code } = await redisCli(parts.port, ["PING"]);
    assertEquals(code, 1);
  });

  /** Options of npm:redis. */
  const optionsFor = ({ client: { cert, key }, port, ca }: Awaited<ReturnType<typeof fixture>>) => {
    const { commandOptions, socket } = patientOptions();
    const tls = { host: "localhost", port, tls: true, ca } as const;
    const own = clients === "yes" ? { cert, key } : {};
    return { commandOptions, socket: { ...socket, ...tls, ...own } };
  };

  tlsTest(title("npm:redis reads, writes and subscribes"), async () => {
    await using parts = await fixture(clients);
    const options = optionsFor(parts);
    for (const RESP of [2, 3] as const) {
      const client = await createClient({ ...options, RESP }).connect();
      await client.set("key", "grün");
      assertEquals(await client.get("key"), "grün");
      const big = "x".repeat(1_000_000);
      await client.set("big", big);
      assertEquals((await client.get("big"))?.length, big.length);
      const replies = await Promise.all(
        Array.from({ length: 5000 }, (_, i) => client.incrBy(`n:${RESP}`, i % 2)),
      );
      assertEquals(replies.at(-1), 2500);
      assertEquals(await client.multi().set("a", "1").incr("a").exec(), ["OK", 2]);
      const subscriber = await client.duplicate().connect();
      const messages = Promise.withResolvers<string>();
      await subscriber.subscribe("channel", (message) => messages.resolve(message));
      assertEquals(await client.publish("channel", "hello"), 1);
      assertEquals(await messages.promise, "hello");
      await subscriber.close();
      await client.close();
    }
  });

  tlsTest(title("npm:redis keeps a cache true"), async () => {
    await using parts = await fixture(clients);
    const options = optionsFor(parts);
    const cache = new BasicClientSideCache({ ttl: 0, maxEntries: 0, recordStats: true });
    const client = await createClient({ ...options, RESP: 3, clientSideCache: cache }).connect();
    const other = await createClient(options).connect();
    await other.set("key", "one");
    assertEquals([await client.get("key"), await client.get("key")], ["one", "one"]);
    assertEquals(cache.stats().hitCount, 1);
    await other.set("key", "two");
    await waitFor("the cache to forget it", () => cache.size() === 0);
    assertEquals(await client.get("key"), "two");
    await client.close();
    await other.close();
  });

  // iovalkey has ioredis' methods, under types of its own.
  const family = { ioredis: Redis, iovalkey: Valkey as unknown as typeof Redis };
  for (const [name, Client] of Object.entries(family)) {
    tlsTest(title(`npm:${name} reads, writes and waits`), async () => {
      await using parts = await fixture(clients);
      const { cert, key } = parts.client;
      const options = {
        ...{ host: "localhost", port: parts.port },
        tls: { ca: parts.ca, ...clients === "yes" ? { cert, key } : {} },
      };
      const client = new Client(options), other = new Client(options);
      await client.hset("hash", { a: 1, b: 2 });
      assertEquals(await client.hgetall("hash"), { a: "1", b: "2" });
      const results = await client.pipeline().set("k", "1").incr("k").get("k").exec();
      assertEquals(results, [[null, "OK"], [null, 2], [null, "2"]]);
      const waiting = other.blpop("list", 0);
      await client.rpush("list", "element");
      assertEquals(await waiting, ["list", "element"]);
      await Promise.all([client.quit(), other.quit()]);
    });
  }
}
