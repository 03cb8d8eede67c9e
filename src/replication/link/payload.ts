/** The data set as a primary sends it: so many bytes, or bytes up to a mark. */

import { bytesOf, EMPTY } from "../../base/span.ts";
import type { Log } from "../../observe/log.ts";
import { LinkError, type PrimarySocket } from "./primary_socket.ts";

const MARK_LENGTH = 40;

/** How the end of the data is known. */
export interface PayloadHead {
  /** How many bytes there are; `null` where `mark` follows them. */
  readonly size: number | null;
  readonly mark: Uint8Array | null;
}

/** Reads what comes before the data. Throws `LinkError`. */
export async function readPayloadHead(
  socket: PrimarySocket,
  log: Log,
  where: "to disk" | "to parser",
): Promise<PayloadHead> {
  let line = "";
  // As long as it prepares the data the primary says no more than that it is there.
  while (line === "") line = await readHeadLine(socket);
  if (line.startsWith("-")) {
    throw new LinkError(`MASTER aborted replication with an error: ${line.slice(1)}`);
  }
  if (!line.startsWith("$")) {
    throw new LinkError(
      `Bad protocol from MASTER, the first byte is not '$' (we received '${line}'), are you sure the ` +
        "host and port are right?",
    );
  }
  const said = line.slice(1);
  if (said.startsWith("EOF:") && said.length >= 4 + MARK_LENGTH) {
    const mark = said.slice(4, 4 + MARK_LENGTH);
    log.notice(`MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF ${where}`);
    return { size: null, mark: bytesOf(mark) };
  }
  const size = /^\d{1,15}$/.test(said) ? Number(said) : NaN;
  if (Number.isNaN(size)) throw new LinkError(`Bad length of the data from MASTER: '${line}'`);
  log.notice(`MASTER <-> REPLICA sync: receiving ${size} bytes from master ${where}`);
  return { size, mark: null };
}

async function readHeadLine(socket: PrimarySocket): Promise<string> {
  try {
    return await socket.readLine();
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    throw new LinkError(`I/O error reading bulk count from MASTER: ${error.message}`);
  }
}

/** The data, piece by piece, up to its end; what comes behind that is left to be read. */
export class Payload {
  readonly #socket: PrimarySocket;
  readonly #mark: Uint8Array | null;
  #left: number;
  /** What may be the beginning of the mark. */
  #kept: Uint8Array = EMPTY;
  /** For each byte, how far the mark can be moved on where that byte is at its end. */
  readonly #skips: Uint8Array;
  #isEnded = false;

  constructor(socket: PrimarySocket, { size, mark }: PayloadHead) {
    this.#socket = socket;
    this.#left = size ?? Infinity;
    this.#mark = mark;
    this.#skips = skipsOf(mark ?? EMPTY);
  }

  /** The next bytes, valid until the next call; null: that was all. Throws `LinkError` where the rest is missing. */
  async read(): Promise<Uint8Array | null> {
    if (this.#isEnded || this.#left === 0) return null;
    for (;;) {
      const bytes = await this.#socket.read(this.#left);
      if (bytes === null) {
        throw new LinkError("I/O error trying to sync with MASTER: connection lost");
      }
      this.#left -= bytes.length;
      if (this.#mark === null) return bytes;
      const data = this.#upToMark(this.#mark, bytes);
      if (data.length > 0) return data;
      if (this.#isEnded) return null;
    }
  }

  #upToMark(mark: Uint8Array, bytes: Uint8Array): Uint8Array {
    const all = this.#kept.length === 0 ? bytes : join(this.#kept, bytes);
    const at = this.#find(mark, all);
    if (at >= 0) {
      this.#isEnded = true;
      this.#socket.unread(all.slice(at + mark.length));
      return all.subarray(0, at);
    }
    const safe = Math.max(0, all.length - (mark.length - 1));
    this.#kept = all.slice(safe);
    return all.subarray(0, safe);
  }

  /** Where the mark stands in bytes; -1: nowhere. */
  #find(mark: Uint8Array, bytes: Uint8Array): number {
    const last = mark.length - 1, skips = this.#skips;
    for (let end = last; end < bytes.length; end += skips[bytes[end]]) {
      let i = 0;
      while (i <= last && bytes[end - i] === mark[last - i]) i++;
      if (i > last) return end - last;
    }
    return -1;
  }
}

function skipsOf(mark: Uint8Array): Uint8Array {
  const skips = new Uint8Array(256).fill(mark.length);
  for (let i = 0; i < mark.length - 1; i++) skips[mark[i]] = mark.length - 1 - i;
  return skips;
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
