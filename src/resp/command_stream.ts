/**
 * The stream of a connection's commands: the transform that turns its bytes into commands.
 *
 * ```ts
 * const connection = await listener.accept();
 * const frame = new Frame();
 * await commandStream(connection, new CommandDecoder()).pipeTo(
 *   new WritableStream({
 *     write(batch) {
 *       while (batch.next(frame)) console.log(frame.strings());
 *     },
 *   }),
 * );
 * ```
 */

import { setImmediate } from "node:timers";
import type { CommandDecoder } from "./command_decoder.ts";
import type { Frame } from "./frame.ts";

/** What bytes are read from; a `Deno.Conn` or `Deno.FsFile` is one. */
export interface CommandSource {
  /** Reads up to `target.length` bytes into `target`: how many there were, null at the end. */
  read(target: Uint8Array): Promise<number | null>;
}

/** Bytes that arrived together, to be taken as commands within the `write` that they are given to. */
export class CommandBatch {
  /**
   * Set by a sink which stops early, to let others run, and wants the rest handed to it in the next turn
   * of the event loop. When it stops early without this (its client waits for something), it takes the
   * rest itself, and reading goes on meanwhile.
   */
  unfinished = false;

  /** @param decoder where the commands are taken from */
  constructor(readonly decoder: CommandDecoder) {}

  /** Takes the next command: see `CommandDecoder.next`. */
  next(frame: Frame): boolean {
    return this.decoder.next(frame);
  }
}

/**
 * Reads `source` through `decoder`. There is one batch, handed out again each time that bytes have come;
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
 * The sink must not await in its `write`, as the next read may put its bytes where the frames are.
 * The end of the source closes the stream; an error of it, and a query buffer that passes its limit,
 * error it. `ended` is told directly and first, with the error or null: a stream tells its sink only when
 * that asks for more.
 */
export function commandStream(
  source: CommandSource,
  decoder: CommandDecoder,
  ended?: (error: unknown) => void,
): ReadableStream<CommandBatch> {
  const batch = new CommandBatch(decoder);
  let controller: ReadableStreamDefaultController<CommandBatch>;
  let cancelled = false;

  const failed = (error: unknown): void => {
    decoder.close();
    ended?.(error);
    controller.error(error);
  };
  const arrived = (count: number | null): void => {
    if (count === null) {
      decoder.close();
      ended?.(null);
      controller.close();
      return;
    }
    try {
      decoder.commit(count);
    } catch (error) {
      return failed(error);
    }
    controller.enqueue(batch);
  };
  return new ReadableStream<CommandBatch>({
    start(itself) {
      controller = itself;
    },
    pull() {
      if (batch.unfinished) {
        batch.unfinished = false;
        return new Promise((resolve) => {
          setImmediate(() => {
            if (!cancelled) controller.enqueue(batch);
            resolve();
          });
        });
      }
      return source.read(decoder.writable()).then(arrived, failed);
    },
    cancel() {
      cancelled = true;
    },
  }, { highWaterMark: 0 });
}
