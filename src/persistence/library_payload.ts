/**
 * Function libraries as RDB files have them; and what FUNCTION DUMP gives and FUNCTION RESTORE takes: the
 * same, then the footer that DUMP's payloads have, too.
 */

import { ReplyError } from "../base/errors.ts";
import { type ByteRange, bytesOf, byteString, copySpan } from "../base/span.ts";
import { RdbError, RdbOpcode } from "./rdb_format.ts";
import { RdbInput } from "./rdb_input.ts";
import { RdbOutput } from "./rdb_output.ts";
import { FOOTER_BYTES, writeFooter } from "./rdb_payload.ts";

const NO_LIBRARY = new ReplyError("ERR given type is not a function");

/** A part of a library can't be read. */
class LibraryError extends RdbError {
  constructor(readonly part: string, offset: number) {
    super(`Failed loading ${part}`, offset);
  }
}

/** Writes a library. */
export function writeLibrary(output: RdbOutput, text: Uint8Array): void {
  output.byte(RdbOpcode.Function2);
  output.string(text, 0, text.length);
}

/** Whether a library begins with this opcode. */
export function isLibrary(opcode: number): boolean {
  return opcode === RdbOpcode.Function2 || opcode === RdbOpcode.FunctionPreGa;
}

/** The text of the library that stands behind its opcode. Throws `RdbError`. */
export function readLibrary(input: RdbInput, opcode: number): Uint8Array {
  const read = (part: string): Uint8Array => readPart(input, part, () => copySpan(input.string()));
  if (opcode === RdbOpcode.Function2) return read("library payload");
  // As release candidates of Redis 7.0 wrote it.
  const name = read("library name"), engine = read("engine name");
  const described = readPart(input, "library description indicator", () => input.unsigned());
  if (Number(described) !== 0) read("library description");
  const code = read("library blob");
  return bytesOf(`#!${byteString(engine)} name=${byteString(name)}\n${byteString(code)}`);
}

/** The payload of libraries. `compress`: see `RdbOutput`. */
export function createLibraryPayload(texts: Iterable<Uint8Array>, compress: boolean): Uint8Array {
  const output = new RdbOutput(compress);
  for (const text of texts) writeLibrary(output, text);
  writeFooter(output);
  return output.bytes;
}

/** The texts of the libraries of a payload that `isPayload` is right about, one by one. Throws `ReplyError`. */
export function* readLibraryPayload({ buffer, start, end }: ByteRange): Iterable<Uint8Array> {
  const input = RdbInput.ofBytes(buffer, start, end);
  while (input.remaining > FOOTER_BYTES) {
    const opcode = input.byte();
    if (!isLibrary(opcode)) throw NO_LIBRARY;
    yield readRestored(input, opcode);
  }
}

function readRestored(input: RdbInput, opcode: number): Uint8Array {
  try {
    return readLibrary(input, opcode);
  } catch (error) {
    if (!(error instanceof LibraryError)) throw error;
    throw new ReplyError(`ERR Failed loading ${error.part}`);
  }
}

function readPart<Result>(input: RdbInput, part: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RdbError)) throw error;
    throw new LibraryError(part, input.offset);
  }
}
