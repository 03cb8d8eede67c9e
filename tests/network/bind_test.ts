/** Which addresses a server listens on, of IPv4 and IPv6, as `bind` says. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import type { Opener } from "../../src/network/open_listeners.ts";
import { openTcp } from "../../src/network/open_listeners.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { Log } from "../../src/observe/log.ts";
import { AcceptLoops } from "../../src/network/accept_loops.ts";
import { TcpListeners } from "../../src/network/tcp_listeners.ts";
import { startEmbedded } from "../support/embedded.ts";
import { freePort } from "../support/free_port.ts";
import { hasIpv6, ipv6Test, REMOTE } from "../support/ip_families.ts";
import { permittedCommand } from "../support/miniredis_process.ts";
import { referenceCommand, referenceTest } from "../support/reference.ts";
import { ServerProcess } from "../support/server_process.ts";
import { skippedTest } from "../support/required_test.ts";
import { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";

/** The addresses of this machine that are tried. */
const HOSTS = ["127.0.0.1", "127.0.0.2", "::1", ...(REMOTE === undefined ? [] : [REMOTE])];

/** What a server answers who connects to an address; "" where nobody listens or the connection is closed. */
async function ask(hostname: string, port: number, text = "CLIENT INFO\r\n"): Promise<string> {
  let heard = "";
  try {
    using conn = await Deno.connect({ hostname, port });
    await conn.write(new TextEncoder().encode(text));
    const buffer = new Uint8Array(4096);
    while (!heard.endsWith("\n")) {
      const count = await conn.read(buffer);
      if (count === null) break;
      heard += new TextDecoder().decode(buffer.subarray(0, count));
    }
  } catch (error) {
    const gone = [
      ...[Deno.errors.ConnectionRefused, Deno.errors.ConnectionReset, Deno.errors.BrokenPipe],
    ];
    if (!gone.some((kind) => error instanceof kind)) throw error;
  }
  return heard;
}

/** Those of `HOSTS` at which a server is served. */
async function servedAt(port: number): Promise<string[]> {
  const served: string[] = [];
  for (const host of HOSTS) if ((await ask(host, port)).includes("laddr=")) served.push(host);
  return served;
}

/** What `bind` may be, and at which of `HOSTS` clients are served then. */
const CASES: readonly (readonly [bind: string, isServed: (host: string) => boolean])[] = [
  ["* -::*", () => true],
  ["0.0.0.0 ::", () => true],
  [":: 0.0.0.0", () => true],
  ["::* *", () => true],
  ["*", (host) => host !== "::1"],
  ["::", (host) => host === "::1"],
  [":: 127.0.0.1", (host) => host === "::1" || host === "127.0.0.1"],
  ["127.0.0.2 -::*", (host) => host === "::1" || host === "127.0.0.2"],
  ["127.0.0.1 ::1", (host) => host === "::1" || host === "127.0.0.1"],
  ["127.0.0.1 -192.0.2.1", (host) => host === "127.0.0.1"],
  [":: localhost", (host) => host === "::1" || host === "127.0.0.1"],
  ["localhost", (host) => host === "127.0.0.1"],
];

ipv6Test("a server is served at the addresses of bind, and at no others", async () => {
  for (const [bind, isServed] of CASES) {
    const directives = { bind, "protected-mode": "no" };
    await using parts = await startEmbedded(directives);
    assertEquals(await servedAt(parts.server.port), HOSTS.filter(isServed), bind);
  }
});

referenceTest("redis-server is served at the same addresses", async () => {
  for (const [bind, isServed] of CASES) {
    // It can't be asked whether it is up where it is not on 127.0.0.1.
    if (!isServed("127.0.0.1")) continue;
    const command = [...referenceCommand(), "--bind", ...bind.split(" ")];
    const directives = { "protected-mode": "no", "save": "" };
    await using server = await ServerProcess.start(command, { directives });
    assertEquals(await servedAt(server.port), HOSTS.filter(isServed), bind);
  }
});

ipv6Test(
  "CONFIG SET bind listens at all the addresses and at no others when it says OK",
  async () => {
    const directives = { "bind": "* -::*", "protected-mode": "no", "port": String(freePort()) };
    await using parts = await startEmbedded(directives);
    const { port } = parts.server;
    const client = await parts.connect();
    // Each of them comes after each other one at some time.
    const order = CASES.flatMap((one, i) => CASES.slice(i + 1).flatMap((other) => [one, other]));
    for (const [bind, isServed] of order) {
      assertEquals(await client.texts("CONFIG", "SET", "bind", bind), ["OK"]);
      assertEquals(await client.texts("CONFIG", "GET", "bind"), ["bind", bind]);
      const wanted = HOSTS.filter(isServed);
      const first = wanted[0];
      await waitFor(`${bind}: ${first}`, async () => (await ask(first, port)).includes("laddr="));
      assertEquals(await servedAt(port), wanted, bind);
    }
  },
);

ipv6Test(
  "clients that come by IPv4 to a socket of both families have addresses of IPv4",
  async () => {
    await using parts = await startEmbedded({ "bind": "* -::*" });
    const { port } = parts.server;
    assertMatch(
      await ask("127.0.0.1", port),
      new RegExp(` addr=127\\.0\\.0\\.1:\\d+ laddr=127\\.0\\.0\\.1:${port} `),
    );
    assertMatch(
      await ask("::1", port),
      new RegExp(` addr=\\[::1\\]:\\d+ laddr=\\[::1\\]:${port} `),
    );
    const client = await parts.connect();
    assertEquals(await client.texts("CLIENT", "KILL", "TYPE", "normal", "LADDR", `[::1]:${port}`), [
      "0",
    ]);
  },
);

async function healthAt(port: number): Promise<string[]> {
  const served: string[] = [];
  for (const host of HOSTS) {
    const heard = await ask(host, port, "GET /healthz HTTP/1.0\r\n\r\n");
    if (heard.endsWith("\r\n\r\nok\n")) served.push(host);
  }
  return served;
}

ipv6Test("the metrics are served at the addresses of bind, and at no others", async () => {
  for (const [bind, isServed] of CASES) {
    const metricsPort = freePort();
    await using parts = await startEmbedded({
      ...{ bind, "protected-mode": "no", "metrics-port": String(metricsPort) },
    });
    assertEquals(await healthAt(metricsPort), HOSTS.filter(isServed), bind);
    assert(parts.server.port > 0);
  }
});

ipv6Test("a port that another process has on one family or address is noticed", async () => {
  for (
    const [taken, bind] of [
      ["127.0.0.1", "* -::*"],
      ["0.0.0.0", "* -::*"],
      ["127.0.0.2", "0.0.0.0 ::"],
      ["::1", "* -::*"],
      ["::", "0.0.0.0 ::"],
    ] as const
  ) {
    using other = Deno.listen({ hostname: taken, port: 0 });
    const { port } = other.addr;
    await using parts = await startEmbedded({ "bind": "127.0.0.3" });
    using client = await Deno.connect({ hostname: "127.0.0.3", port: parts.server.port });
    await client.write(
      new TextEncoder().encode(`CONFIG SET bind "${bind}" port ${port}\r\nCONFIG GET bind\r\n`),
    );
    const buffer = new Uint8Array(4096);
    let heard = "";
    while (!heard.endsWith("127.0.0.3\r\n")) {
      const count = await client.read(buffer);
      if (count === null) break;
      heard += new TextDecoder().decode(buffer.subarray(0, count));
    }
    assertMatch(heard, /^-ERR CONFIG SET failed .*\r\n[^]*127\.0\.0\.3\r\n$/, `${taken} ${bind}`);
  }
});

ipv6Test(
  "bind is what it was when a move that had to wait for the port comes to nothing",
  async () => {
    await using parts = await startEmbedded({ "bind": "127.0.0.1", "port": String(freePort()) });
    const { port } = parts.server;
    using other = Deno.listen({ hostname: "127.0.0.2", port });
    assertEquals(other.addr.port, port);
    const client = await parts.connect();
    // Its own listener on 127.0.0.1 has to be closed first, so that it can't be known at once.
    assertEquals(await client.texts("CONFIG", "SET", "bind", "*"), ["OK"]);
    await waitFor("the failure", () => parts.log.some((line) => line.includes("Could not listen")));
    assertEquals(await client.texts("CONFIG", "GET", "bind"), ["bind", "127.0.0.1"]);
    assertStringIncludes(await ask("127.0.0.1", port), `laddr=127.0.0.1:${port}`);
  },
);

Deno.test("a port that is held for a moment longer than its listener is had all the same", async () => {
  // As by a process that is being started when the listener is closed.
  let held = 3;
  const opener: Opener = async (hostname, port, backlog) => {
    if (hostname === "127.0.0.2" && port !== 0 && held-- > 0) throw new Deno.errors.AddrInUse();
    return await openTcp(hostname, port, backlog);
  };
  const clock = new ManualClock(0), lines: string[] = [];
  const log = new Log(clock, (line) => lines.push(line));
  const loops = new AcceptLoops({ clock, log, makeRoom: () => false });
  const accept = (conn: Deno.Conn) => conn.close();
  const listeners = new TcpListeners({ loops, log, accept, directive: "port" });
  const place = { backlog: 16, opener };
  const port = await listeners.listen({ ...place, addresses: ["127.0.0.1"], port: freePort() });
  await listeners.move({ ...place, addresses: ["127.0.0.2"], port });
  await waitFor("the address", () => listeners.reachableAt.includes(`127.0.0.2:${port}`));
  (await Deno.connect({ hostname: "127.0.0.2", port })).close();
  assertEquals([held, lines], [-1, []]);
  listeners.forget();
  await loops.closeAll();
});

Deno.test("a server is served on IPv4 when bind is the default one", async () => {
  await using parts = await startEmbedded({ bind: "* -::*" });
  assertStringIncludes(await ask("127.0.0.1", parts.server.port), " laddr=127.0.0.1:");
});

Deno.test("a server does without IPv6 when the machine has none", async () => {
  // What Linux says without the family, and without an address of it.
  for (
    const error of [
      new Error("Address family not supported by protocol (os error 97)"),
      new Deno.errors.AddrNotAvailable("Cannot assign requested address (os error 99)"),
    ]
  ) {
    const opener: Opener = async (hostname, port, backlog) => {
      if (hostname.includes(":")) throw error;
      return await openTcp(hostname, port, backlog);
    };
    const clock = new ManualClock(0), log = new Log(clock, () => {});
    const loops = new AcceptLoops({ clock, log, makeRoom: () => false });
    const accept = (conn: Deno.Conn) => conn.close();
    const listeners = new TcpListeners({ loops, log, accept, directive: "port" });
    const port = await listeners.listen({ addresses: ["*", "-::*"], port: 0, backlog: 16, opener });
    assertEquals(listeners.reachableAt, [`127.0.0.1:${port}`]);
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    listeners.forget();
    await loops.closeAll();
  }
});

/** What the log of a server says of addresses that it can't have; it ends by itself, or is ended. */
async function complaints(command: readonly string[], args: readonly string[]): Promise<string[]> {
  const [program, ...first] = command;
  const process = new Deno.Command(program, {
    args: [...first, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let log = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    log += text;
    if (log.includes("Ready to accept connections")) process.kill("SIGKILL");
  }
  await process.status;
  const lines = log.split("\n").filter((line) => /listening socket|Failed listening/.test(line));
  return lines.map((line) => line.replace(/^.*? [.*#-] /, ""));
}

referenceTest("the log says of addresses that can't be had what redis-server's says", async () => {
  await using dir = await TempDir.create("bind-");
  for (
    const [taken, ...bind] of [
      ["127.0.0.1", "*", "-::*"],
      ["0.0.0.0", "*", "-::*"],
      ["127.0.0.1", "127.0.0.1"],
      ["127.0.0.2", "127.0.0.1", "127.0.0.2"],
      ["127.0.0.3", "127.0.0.1", "-192.0.2.1"],
      ["127.0.0.3", "192.0.2.1", "127.0.0.1"],
    ]
  ) {
    using other = Deno.listen({ hostname: taken, port: 0 });
    const port = String(other.addr.port);
    const args = ["--port", port, "--dir", dir.path, "--save", "", "--bind", ...bind];
    const expected = await complaints(referenceCommand(), args);
    assert(expected.length > 0, bind.join(" "));
    assertEquals(await complaints(permittedCommand(), args), expected, bind.join(" "));
  }
});

/** What makes a network of one's own, with a setting of Linux; empty where that is not allowed here. */
function networkWith(setting: string): string[] {
  const shell = `ip link set lo up && echo 1 > /proc/sys/net/ipv6/${setting} && exec "$@"`;
  const command = ["unshare", "--net", "sh", "-c", shell, "sh"];
  try {
    const [program, ...args] = [...command, "true"];
    const { success } = new Deno.Command(program, { args, stderr: "null" }).outputSync();
    return success ? command : [];
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return [];
  }
}

/** Runs tests of this file once more where the system's networks are set otherwise. */
function testElsewhere(setting: string, name: string, filter: string): void {
  const network = hasIpv6() ? networkWith(setting) : [];
  const run = async () => {
    const [program, ...args] = [
      ...[...network, Deno.execPath(), "test", "-A", "--no-check", "--filter", filter],
      fileURLToPath(import.meta.url),
    ];
    const { success, stdout } = await new Deno.Command(program, {
      args,
      env: { NO_COLOR: "1", CI: "false" },
    }).output();
    const said = new TextDecoder().decode(stdout);
    assert(success && /\b[1-9]\d* passed/.test(said), said);
  };
  if (network.length > 0) Deno.test(name, run);
  else skippedTest(`the network's ${setting} can't be set here`, name, run);
}

testElsewhere(
  "bindv6only",
  "the same addresses are served when the system keeps IPv4 from IPv6 sockets",
  "/at no others/",
);
testElsewhere(
  "conf/all/disable_ipv6",
  "IPv4 is served when the system's IPv6 is switched off",
  "/IPv4 when bind/",
);
