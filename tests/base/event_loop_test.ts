import { assert } from "@std/assert";
import { letOthersRun } from "../../src/base/event_loop.ts";

Deno.test("letOthersRun ends after what arrived at a socket was seen when nothing else waits", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using sender = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  using receiver = await listener.accept();
  let seen = false;
  const reading = receiver.read(new Uint8Array(1)).then(() => seen = true);
  await sender.write(new Uint8Array(1));
  await letOthersRun();
  assert(seen);
  await reading;
});
