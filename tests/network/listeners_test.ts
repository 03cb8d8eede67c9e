import { assert, assertEquals, assertRejects } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { Log } from "../../src/observe/log.ts";
import { AcceptLoops } from "../../src/network/accept_loops.ts";
import { openTcp } from "../../src/network/open_listeners.ts";
import { ListenError } from "../../src/network/listen_error.ts";
import { type ListenPlace, TcpListeners } from "../../src/network/tcp_listeners.ts";
import { freePort } from "../support/free_port.ts";
import { waitFor } from "../support/wait_for.ts";

interface Fixture extends AsyncDisposable {
  readonly listeners: TcpListeners;
  readonly loops: AcceptLoops;
  readonly clock: ManualClock;
  readonly log: string[];
  /** The connections that came in, which are closed at the end. */
  readonly accepted: Deno.Conn[];
}

function place(port: number, addresses = ["127.0.0.1"]): ListenPlace {
  return { addresses, port, backlog: 16 };
}

function fixture(accept?: (conn: Deno.Conn) => void): Fixture {
  const clock = new ManualClock(0), log: string[] = [], accepted: Deno.Conn[] = [];
  const take = accept ?? ((conn: Deno.Conn) => void accepted.push(conn));
  const parts = { clock, log: new Log(clock, (line) => void log.push(line)) };
  const loops = new AcceptLoops({ ...parts, makeRoom: () => false });
  const listeners = new TcpListeners({ loops, log: parts.log, accept: take, directive: "port" });
  return {
    listeners,
    loops,
    clock,
    log,
    accepted,
    async [Symbol.asyncDispose]() {
      listeners.forget();
      await loops.closeAll();
      for (const conn of accepted) conn.close();
    },
  };
}

Deno.test("TcpListeners takes connections on every address, on one free port", async () => {
  await using parts = fixture();
  const port = await parts.listeners.listen(place(0, ["127.0.0.1", "127.0.0.2"]));
  for (const hostname of ["127.0.0.1", "127.0.0.2"]) {
    using _ = await Deno.connect({ hostname, port });
    await waitFor(
      "the connection",
      () =>
        parts.accepted.some(({ localAddr }) => (localAddr as Deno.NetAddr).hostname === hostname),
    );
  }
  await parts.loops.closeAll();
  await assertRejects(
    () => Deno.connect({ hostname: "127.0.0.1", port }),
    Deno.errors.ConnectionRefused,
  );
});

Deno.test("TcpListeners throws and opens nothing when an address can't be had", async () => {
  await using parts = fixture();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await assertRejects(
    () => parts.listeners.listen(place(port, ["127.0.0.2", "127.0.0.1"])),
    ListenError,
    "--port",
  );
  await assertRejects(
    () => Deno.connect({ hostname: "127.0.0.2", port }),
    Deno.errors.ConnectionRefused,
  );
  // TEST-NET-1 (RFC 5737) is nobody's address.
  await assertRejects(
    () => parts.listeners.listen(place(0, ["192.0.2.1"])),
    ListenError,
    "192.0.2.1",
  );
  await assertRejects(
    () => parts.listeners.listen(place(0, ["-192.0.2.1"])),
    ListenError,
    "any of",
  );
  assert(await parts.listeners.listen(place(0, ["-192.0.2.1", "127.0.0.1"])) > 0);
});

Deno.test("TcpListeners goes on accepting after an accepted connection could not be served", async () => {
  let failures = 0;
  const conns: Deno.Conn[] = [];
  await using parts = fixture((conn) => {
    conns.push(conn);
    if (failures++ < 2) throw new Error("no room");
  });
  const port = await parts.listeners.listen(place(0));
  for (let i = 0; i < 3; i++) {
    using _ = await Deno.connect({ hostname: "127.0.0.1", port });
    await waitFor("the connection", () => {
      // The loop rests for a moment after each failure, by the server's clock.
      parts.clock.advance(100);
      return conns.length === i + 1;
    });
  }
  assertEquals(parts.log.filter((line) => line.includes("no room")).length, 2);
  for (const conn of conns) conn.close();
});

Deno.test("TcpListeners moves to another port, or stays where it is when that is taken", async () => {
  await using parts = fixture();
  const first = await parts.listeners.listen(place(0)), second = freePort();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await assertRejects(() => parts.listeners.move(place(taken.addr.port)), ListenError);
  (await Deno.connect({ hostname: "127.0.0.1", port: first })).close();
  await parts.listeners.move(place(second));
  (await Deno.connect({ hostname: "127.0.0.1", port: second })).close();
  await assertRejects(
    () => Deno.connect({ hostname: "127.0.0.1", port: first }),
    Deno.errors.ConnectionRefused,
  );
  await waitFor("both connections", () => parts.accepted.length === 2);
});

Deno.test("TcpListeners listens on a port again that its own listener had, opened another way", async () => {
  await using parts = fixture();
  const port = await parts.listeners.listen(place(0));
  const openings: string[] = [];
  const openerOf = (name: string): typeof openTcp => (hostname, chosen, backlog) => {
    if (chosen !== 0) openings.push(name);
    return openTcp(hostname, chosen, backlog);
  };
  // The last of several moves counts, also while the first listener is not closed yet.
  for (const name of ["one", "two"]) {
    await parts.listeners.move({ ...place(port), opener: openerOf(name) });
  }
  await waitFor("the port to be open again", () => openings.length > 0);
  assertEquals(openings, ["two"]);
  (await Deno.connect({ hostname: "127.0.0.1", port })).close();
  await waitFor("the connection", () => parts.accepted.length === 1);
});
