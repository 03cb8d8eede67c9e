import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { Log } from "../../src/observe/log.ts";
import { ListenError, Listeners } from "../../src/server/listeners.ts";
import { freePort } from "../support/free_port.ts";
import { waitFor } from "../support/wait_for.ts";

interface Fixture extends AsyncDisposable {
  readonly listeners: Listeners;
  readonly clock: ManualClock;
  readonly log: string[];
  /** The connections that came in, which are closed at the end. */
  readonly accepted: Deno.Conn[];
}

function fixture(accept?: (conn: Deno.Conn) => void): Fixture {
  const clock = new ManualClock(0), log: string[] = [], accepted: Deno.Conn[] = [];
  const take = accept ?? ((conn: Deno.Conn) => void accepted.push(conn));
  const listeners = new Listeners(take, clock, new Log(clock, (line) => void log.push(line)));
  return {
    listeners,
    clock,
    log,
    accepted,
    async [Symbol.asyncDispose]() {
      await listeners.close();
      for (const conn of accepted) conn.close();
    },
  };
}

Deno.test("Listeners takes connections on every address, on one free port", async () => {
  await using parts = fixture();
  const port = parts.listeners.listen(["127.0.0.1", "127.0.0.2"], 0, 16);
  for (const hostname of ["127.0.0.1", "127.0.0.2"]) {
    using _ = await Deno.connect({ hostname, port });
    await waitFor(
      "the connection",
      () =>
        parts.accepted.some(({ localAddr }) => (localAddr as Deno.NetAddr).hostname === hostname),
    );
  }
  await parts.listeners.close();
  await assertRejects(
    () => Deno.connect({ hostname: "127.0.0.1", port }),
    Deno.errors.ConnectionRefused,
  );
});

Deno.test("Listeners throws and opens nothing when an address can't be had", async () => {
  await using parts = fixture();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  assertThrows(
    () => parts.listeners.listen(["127.0.0.2", "127.0.0.1"], port, 16),
    ListenError,
    "--port",
  );
  await assertRejects(
    () => Deno.connect({ hostname: "127.0.0.2", port }),
    Deno.errors.ConnectionRefused,
  );
  // TEST-NET-1 (RFC 5737) is nobody's address.
  assertThrows(() => parts.listeners.listen(["192.0.2.1"], 0, 16), ListenError, "192.0.2.1");
  assertThrows(() => parts.listeners.listen(["-192.0.2.1"], 0, 16), ListenError, "any of");
  assert(parts.listeners.listen(["-192.0.2.1", "127.0.0.1"], 0, 16) > 0);
});

Deno.test("Listeners goes on accepting after an accepted connection could not be served", async () => {
  let failures = 0;
  const conns: Deno.Conn[] = [];
  await using parts = fixture((conn) => {
    conns.push(conn);
    if (failures++ < 2) throw new Error("no room");
  });
  const port = parts.listeners.listen(["127.0.0.1"], 0, 16);
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

Deno.test("Listeners moves to another port, or stays where it is when that is taken", async () => {
  await using parts = fixture();
  const first = parts.listeners.listen(["127.0.0.1"], 0, 16), second = freePort();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  assertThrows(() => parts.listeners.move(["127.0.0.1"], taken.addr.port, 16), ListenError);
  (await Deno.connect({ hostname: "127.0.0.1", port: first })).close();
  parts.listeners.move(["127.0.0.1"], second, 16);
  (await Deno.connect({ hostname: "127.0.0.1", port: second })).close();
  await assertRejects(
    () => Deno.connect({ hostname: "127.0.0.1", port: first }),
    Deno.errors.ConnectionRefused,
  );
  await waitFor("both connections", () => parts.accepted.length === 2);
});
