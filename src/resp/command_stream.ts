/**
 * The stream of a connection's commands: the transform that turns its bytes into commands.
 *
 * ```ts
 * const connection = await listener.accept();
 * const frame = new Frame();
 * await pipeCommands(commandStream(connection, new CommandDecoder()), (batch) => {
 *   while (batch.next(frame)) console.log(frame.strings());
 * });
 * ```
 */

import type { CommandDecoder } from "./command_decoder.ts";

/** What bytes are read from; a `Deno.Conn` or `Deno.FsFile` is one. */
export interface CommandSource {
  /** Reads up to `target.length` bytes into `target`: how many there were, null at the end. */
  read(target: Uint8Array): Promise<number | null>;
}

/** Bytes that arrived together, to be taken as commands by the sink while it is called with them. */
export type CommandBatch = Pick<CommandDecoder, "next">;

/**
 * Reads `source` through `decoder`, which is handed out as a batch each time that bytes have come;
 * its commands are decoded when the sink takes them. So the bytes stay where they were read to, an error
 * comes after the replies to the commands in front of it, limits follow an AUTH or CONFIG SET at once,
 * and nothing is made for a command.
 *
 * That is why it is done so; speed does not decide. Medians of five alternating runs, 50 clients on a
 * shared 2-core machine, µs of CPU per GET un-pipelined and at `-P 16`, single runs up to 30 % off: a bare
 * read loop 14.0 and 1.08, this 15.8 and 1.15, decoding in `pull` into a list of frames 17.4 and 1.21, a
 * `TransformStream` behind a `ReadableStream` 17.6 and 1.13. An earlier series of three had decoding in
 * `pull` ahead of this un-pipelined (15.3 against 16.9, before a promise was saved here).
 *
 * A sink must not wait, as the next read may put its bytes where the frames are. When it stops early (its
 * client waits for something), it takes the rest itself later, and reading goes on meanwhile.
 * The end of the source closes the stream; an error of it, and a query buffer that passes its limit,
 * error it. `ended` is told directly and first, with the error or null: a stream tells its sink only when
 * that asks for more. The decoder is then its to close: nothing reads into it any more.
 */
export function commandStream(
  source: CommandSource,
  decoder: CommandDecoder,
  ended: (error: unknown) => void = () => decoder.close(),
): ReadableStream<CommandBatch> {
  let controller: ReadableStreamDefaultController<CommandBatch>;

  const failed = (error: unknown): void => {
    ended(error);
    controller.error(error);
  };
  const arrived = (count: number | null): void => {
    if (count === null) {
      ended(null);
      controller.close();
      return;
    }
    try {
      decoder.commit(count);
    } catch (error) {
      return failed(error);
    }
    controller.enqueue(decoder);
  };
  return new ReadableStream<CommandBatch>({
    start(itself) {
      controller = itself;
    },
    pull() {
      return source.read(decoder.writable()).then(arrived, failed);
    },
  }, { highWaterMark: 0 });
}

/**
 * Pipes a stream of commands into `sink` until it ends. Rejects with what the sink throws, which cancels
 * the stream, or with what the stream fails with.
 *
 * A sink never waits, hence nothing has to hold the stream back: `stream.pipeTo(new WritableStream(…))` does
 * the same, but keeps a queue and a promise of readiness for each batch. That makes a quarter more garbage
 * per un-pipelined request and takes some 5 % more CPU (alternating runs of redis-benchmark, 50 clients).
 */
export async function pipeCommands(
  stream: ReadableStream<CommandBatch>,
  sink: (batch: CommandBatch) => void,
): Promise<void> {
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    try {
      sink(next.value);
    } catch (error) {
      await reader.cancel(error);
      throw error;
    }
  }
}
