import { setImmediate } from "node:timers";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { bytesOf } from "../../src/base/span.ts";
import { CommandDecoder } from "../../src/resp/command_decoder.ts";
import { defaultLimits } from "../../src/resp/decoder_limits.ts";
import {
  type CommandBatch,
  type CommandSource,
  commandStream,
  pipeCommands,
} from "../../src/resp/command_stream.ts";
import { Frame } from "../../src/resp/frame.ts";
import { ProtocolError, QueryBufferLimitError } from "../../src/resp/protocol_error.ts";

/** A source that gives one piece a read, then `end`: the end of file or an error. */
function sourceOf(pieces: string[], end: null | Error = null): CommandSource & { reads: number } {
  const bytes = pieces.map(bytesOf);
  return {
    reads: 0,
    async read(target) {
      this.reads++;
      await Promise.resolve();
      if (bytes.length === 0) {
        if (end !== null) throw end;
        return null;
      }
      const piece = bytes[0].subarray(0, target.length);
      bytes[0] = bytes[0].subarray(piece.length);
      if (bytes[0].length === 0) bytes.shift();
      target.set(piece);
      return piece.length;
    },
  };
}

/** Lets everything that waits for the event loop's next turn happen. */
async function nextTurn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  await new Promise((resolve) => setImmediate(resolve));
}

/** A sink that takes all commands, as lists of strings. */
function collect(taken: string[][]): (batch: CommandBatch) => void {
  const frame = new Frame();
  return (batch) => {
    while (batch.next(frame)) taken.push(frame.strings());
  };
}

Deno.test("commandStream gives the commands of a source until its end", async () => {
  const taken: string[][] = [];
  const ends: unknown[] = [];
  const source = sourceOf(["PING\r\nPI", "NG\r\n*1\r\n", "$4\r\nECHO\r\nPING\r\n*1"]);
  const stream = commandStream(source, new CommandDecoder(), (error) => ends.push(error));
  await pipeCommands(stream, collect(taken));
  assertEquals(taken, [["PING"], ["PING"], ["ECHO"], ["PING"]]);
  assertEquals(ends, [null]);
});

Deno.test("commandStream errors and tells its owner when the source fails", async () => {
  const taken: string[][] = [];
  const ends: unknown[] = [];
  const reset = new Error("reset");
  const stream = commandStream(
    sourceOf(["PING\r\n"], reset),
    new CommandDecoder(),
    (error) => ends.push(error),
  );
  await assertRejects(
    () => stream.pipeTo(new WritableStream({ write: collect(taken) })),
    Error,
    "reset",
  );
  assertEquals([taken, ends], [[["PING"]], [reset]]);
});

Deno.test("commandStream errors when the query buffer passes its limit", async () => {
  const ends: unknown[] = [];
  const decoder = new CommandDecoder({ ...defaultLimits(), maxQueryBuffer: 100 });
  const stream = commandStream(sourceOf(["x".repeat(101)]), decoder, (error) => ends.push(error));
  await assertRejects(() => pipeCommands(stream, collect([])), QueryBufferLimitError);
  assert(ends[0] instanceof QueryBufferLimitError);
});

Deno.test("commandStream brings a protocol error after the commands in front of it", async () => {
  const taken: string[][] = [];
  const stream = commandStream(sourceOf(["PING\r\n*x\r\n"]), new CommandDecoder());
  await assertRejects(
    () => stream.pipeTo(new WritableStream({ write: collect(taken) })),
    ProtocolError,
    "multibulk",
  );
  assertEquals(taken, [["PING"]]);
});

Deno.test("commandStream reads on when a sink leaves commands to be taken later", async () => {
  const decoder = new CommandDecoder();
  const source = sourceOf(["PING 1\r\nPING 2\r\n", "PING 3\r\n"]);
  await pipeCommands(commandStream(source, decoder), () => {});
  assertEquals(source.reads, 3);
});

Deno.test("pipeCommands cancels the stream and rejects when its sink throws", async () => {
  const source = sourceOf(["PING 1\r\n", "PING 2\r\n"]);
  const stream = commandStream(source, new CommandDecoder());
  const failure = new Error("no more");
  const piped = pipeCommands(stream, () => {
    throw failure;
  });
  assertEquals(await piped.catch((error) => error), failure);
  await nextTurn(); // what would go on reading does so here
  assertEquals(source.reads, 1);
});

Deno.test("commandStream is a stream that pipes a TCP connection into any sink", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const taken: string[][] = [];
  const serving = (async () => {
    using connection = await listener.accept();
    const sink = new WritableStream({ write: collect(taken) });
    await commandStream(connection, new CommandDecoder()).pipeTo(sink);
  })();
  using client = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  await client.write(Frame.fromStrings(["SET", "k", "v"]).encoded());
  await client.closeWrite();
  await serving;
  assertEquals(taken, [["SET", "k", "v"]]);
});
