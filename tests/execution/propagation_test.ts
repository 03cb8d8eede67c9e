import { assertEquals } from "@std/assert";
import { bytesOf, byteString, Span } from "../../src/base/span.ts";
import { Frame } from "../../src/resp/frame.ts";
import { ALL_TARGETS, Propagation } from "../../src/execution/propagation.ts";
import { leaves, parseReply } from "../support/reply.ts";

/** A sink that keeps `database command arguments`, and where the bytes were handed to. */
class RecordingSink {
  readonly commands: string[] = [];
  readonly encoded: string[] = [];

  propagate(database: number, buffer: Uint8Array, start: number, end: number): void {
    const text = byteString(buffer, start, end);
    const parsed = parseReply(text);
    if (parsed === undefined || parsed.end !== text.length) {
      throw new Error(`not one command: ${text}`);
    }
    this.encoded.push(text);
    this.commands.push(`${database} ${leaves(parsed.reply).join(" ")}`);
  }

  take(): string[] {
    return this.commands.splice(0);
  }
}

/** A canonical frame that is bytes `[start, end)` of `buffer`. */
function frameOver(buffer: Uint8Array, start: number, end: number): Frame {
  const frame = new Frame();
  frame.buffer = buffer;
  frame.start = start;
  frame.end = end;
  frame.canonical = true;
  return frame;
}

function fixture(): { propagation: Propagation; sink: RecordingSink } {
  const propagation = new Propagation(), sink = new RecordingSink();
  propagation.addSink(sink);
  return { propagation, sink };
}

/** Runs a command that does `act`. */
function run(
  propagation: Propagation,
  line: string,
  act: () => void = () => {},
  { changed = true, database = 0 } = {},
): void {
  propagation.begin(true);
  act();
  propagation.finish(database, Frame.fromStrings(line.split(" ")), changed);
  propagation.settle();
}

Deno.test("Propagation hands over a command as it came when it changed something", () => {
  const { propagation, sink } = fixture();
  run(propagation, "SET key value", undefined, { database: 3 });
  run(propagation, "GET key", undefined, { changed: false });
  assertEquals(sink.take(), ["3 SET key value"]);
});

Deno.test("Propagation hands over adjacent commands of one batch together, in order", () => {
  const propagation = new Propagation();
  const handed: string[] = [];
  propagation.addSink({
    propagate: (database, buffer, start, end) =>
      handed.push(`${database} ${byteString(buffer, start, end)}`),
  });
  const buffer = bytesOf("abcdefgh");
  const finish = (database: number, start: number, end: number, changed = true) => {
    propagation.begin(true);
    propagation.finish(database, frameOver(buffer, start, end), changed);
  };
  finish(0, 0, 1);
  finish(0, 1, 3);
  assertEquals(handed, []);
  finish(0, 3, 4, false);
  finish(0, 4, 5);
  assertEquals(handed, ["0 abc"]);
  finish(1, 5, 6);
  propagation.also(2, "DEL", "key");
  propagation.flush();
  assertEquals(handed.slice(1), ["0 e", "1 f", "2 *2\r\n$3\r\nDEL\r\n$3\r\nkey\r\n"]);
  finish(1, 6, 7);
  propagation.settle();
  propagation.settle();
  assertEquals(handed.slice(4), ["1 g"]);
});

Deno.test("Propagation encodes anew what did not come in canonical form", () => {
  const { propagation, sink } = fixture();
  const frame = Frame.fromStrings(["SET", "key", "value"]);
  frame.canonical = false;
  propagation.begin(true);
  propagation.finish(0, frame, true);
  assertEquals(sink.encoded, ["*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n"]);
});

Deno.test("Propagation replaces, adds, suppresses and forces as a handler says", () => {
  const { propagation, sink } = fixture();
  run(propagation, "EXPIRE key 10", () => propagation.replace("PEXPIREAT", "key", 123n));
  assertEquals(sink.take(), ["0 PEXPIREAT key 123"]);
  run(propagation, "EXPIRE key 10", () => {
    propagation.replace("PEXPIREAT", "key", 1);
    propagation.replace("DEL", Span.ofString("key"));
  });
  assertEquals(sink.take(), ["0 DEL key"]);
  run(propagation, "SET key value", () => propagation.suppress());
  assertEquals(sink.take(), []);
  run(propagation, "PUBLISH channel message", () => propagation.force(), { changed: false });
  assertEquals(sink.take(), ["0 PUBLISH channel message"]);
  // What was said to one command does not hold for the next.
  run(propagation, "SET key value");
  run(propagation, "GET key", undefined, { changed: false });
  assertEquals(sink.take(), ["0 SET key value"]);
});

Deno.test("Propagation puts MULTI and EXEC around more than one command", () => {
  const { propagation, sink } = fixture();
  run(propagation, "SET key value", () => propagation.also(0, "DEL", "expired"));
  assertEquals(sink.take(), ["0 MULTI", "0 DEL expired", "0 SET key value", "0 EXEC"]);
  run(propagation, "GET key", () => propagation.also(0, "DEL", "key"), { changed: false });
  assertEquals(sink.take(), ["0 DEL key"]);
  run(propagation, "GET key", () => {
    propagation.also(0, "DEL", "a");
    propagation.also(2, "DEL", "b");
  }, { changed: false });
  assertEquals(sink.take(), ["0 MULTI", "0 DEL a", "2 DEL b", "2 EXEC"]);
});

Deno.test("Propagation leaves MULTI out where commands have nothing to do with each other", () => {
  const { propagation, sink } = fixture();
  const scan = () => {
    propagation.separate();
    propagation.also(0, "DEL", "a");
    propagation.also(0, "DEL", "b");
  };
  run(propagation, "SCAN 0", scan, { changed: false });
  assertEquals(sink.take(), ["0 DEL a", "0 DEL b"]);
  // Within a transaction they stay in it.
  run(propagation, "EXEC", () => {
    run(propagation, "SCAN 0", scan, { changed: false });
    propagation.suppress();
  });
  assertEquals(sink.take(), ["0 MULTI", "0 DEL a", "0 DEL b", "0 EXEC"]);
  run(propagation, "GET x", () => {
    propagation.also(0, "DEL", "a");
    propagation.also(0, "DEL", "b");
  }, { changed: false });
  assertEquals(sink.take(), ["0 MULTI", "0 DEL a", "0 DEL b", "0 EXEC"]);
});

Deno.test("Propagation makes one unit of what runs within a command, each in its database", () => {
  const { propagation, sink } = fixture();
  run(propagation, "EXEC", () => {
    run(propagation, "SET a 1");
    run(propagation, "GET a", undefined, { changed: false });
    run(propagation, "GETDEL b", () => propagation.replace("DEL", "b"), { database: 5 });
    assertEquals(sink.commands, []);
    propagation.suppress();
  });
  assertEquals(sink.take(), ["0 MULTI", "0 SET a 1", "5 DEL b", "5 EXEC"]);
  run(propagation, "EXEC", () => {
    run(propagation, "SET a 1");
    propagation.suppress();
  });
  assertEquals(sink.take(), ["0 SET a 1"]);
  run(propagation, "EXEC", () => propagation.suppress());
  assertEquals(sink.take(), []);
});

Deno.test("Propagation owns the bytes of a unit while the command that gave them goes on", () => {
  const { propagation, sink } = fixture();
  const key = Span.ofString("key");
  run(propagation, "SET other value", () => {
    propagation.also(0, "DEL", key);
    key.buffer.fill(0);
  });
  assertEquals(sink.take()[1], "0 DEL key");
});

Deno.test("Propagation hands over what happens outside of commands when it is flushed", () => {
  const { propagation, sink } = fixture();
  propagation.also(0, "DEL", "a");
  propagation.also(0, "DEL", "b");
  propagation.flush();
  propagation.flush();
  assertEquals(sink.take(), ["0 MULTI", "0 DEL a", "0 DEL b", "0 EXEC"]);
});

Deno.test("Propagation gives every sink the same, and none after it was removed", () => {
  const { propagation, sink } = fixture();
  const other = new RecordingSink();
  propagation.addSink(other);
  run(propagation, "SET a 1", () => propagation.also(0, "DEL", "b"));
  assertEquals(other.take(), sink.take());
  propagation.removeSink(sink);
  run(propagation, "SET a 2");
  assertEquals([sink.take(), other.take()], [[], ["0 SET a 2"]]);
  propagation.removeSink(other);
  run(propagation, "SET a 3", () => {
    propagation.also(0, "DEL", "b");
    propagation.replace("SET", "a", "4");
  });
  propagation.addSink(sink);
  run(propagation, "SET a 5");
  assertEquals(sink.take(), ["0 SET a 5"]);
});

Deno.test("a unit that is put aside gathers nothing of what others do, and goes on where it stood", () => {
  const { propagation, sink } = fixture();
  propagation.begin(true);
  run(propagation, "SET a 1");
  propagation.targets = 0;
  const takeUp = propagation.setAside();
  run(propagation, "SET other 1");
  assertEquals(sink.take(), ["0 SET other 1"]);
  takeUp();
  run(propagation, "SET unheard 1");
  propagation.targets = ALL_TARGETS;
  run(propagation, "SET b 1", () => {}, { database: 1 });
  assertEquals(sink.take(), []);
  propagation.suppress();
  propagation.finish(0, new Frame(), true);
  assertEquals(sink.take(), ["0 MULTI", "0 SET a 1", "1 SET b 1", "1 EXEC"]);
});
