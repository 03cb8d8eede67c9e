/**
 * Data of Redis modules in an RDB. A value of one is refused by the module's name; what a module keeps
 * beside the keys can be skipped, as it is marked piece by piece.
 */

import type { RdbInput } from "./rdb_input.ts";

/** What the characters of a name stand for, 6 bits each, nine in all. */
const CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const CHARACTER_BITS = 6n;
const NAME_LENGTH = 9;
/** Behind the name: the version of the module's encoding. */
const VERSION_BITS = 10n;

/** Reads which module what follows is of, and fails. */
export function failForModuleValue(input: RdbInput): never {
  const name = readModuleName(input);
  return input.fail(`The data set has a value of a module that is not here: '${name}'`);
}

/** What the pieces of a module's data begin with. */
const Piece = { End: 0, Signed: 1, Unsigned: 2, Float: 3, Double: 4, String: 5 } as const;

/** Skips what a module keeps beside the keys; returns the module's name. */
export function skipModuleAux(input: RdbInput): string {
  const name = readModuleAuxHeader(input);
  skipModuleData(input);
  return name;
}

/** Reads what stands in front of the data that a module keeps beside the keys: the module's name. */
export function readModuleAuxHeader(input: RdbInput): string {
  const name = readModuleName(input);
  // Before or after the keys: a number with a mark of its own.
  if (input.unsigned() !== Piece.Unsigned) input.fail(`Wrong AUX data of module '${name}'`);
  input.unsigned();
  return name;
}

/** Skips a module's data, piece by piece up to its end. */
export function skipModuleData(input: RdbInput): void {
  while (skipPiece(input));
}

/** Skips a value of a module, whichever that is. */
export function skipModuleValue(input: RdbInput): void {
  readModuleName(input);
  skipModuleData(input);
}

/** Skips a piece of a module's data; false where it is the end. */
function skipPiece(input: RdbInput): boolean {
  const piece = input.unsigned();
  switch (piece) {
    case Piece.End:
      return false;
    case Piece.Signed:
    case Piece.Unsigned:
      input.unsigned();
      return true;
    case Piece.Float:
      input.bytes(4);
      return true;
    case Piece.Double:
      input.bytes(8);
      return true;
    case Piece.String:
      input.string();
      return true;
    default:
      return input.fail(`Unknown kind of module data: ${piece}`);
  }
}

function readModuleName(input: RdbInput): string {
  let bits = BigInt(input.unsigned()) >> VERSION_BITS;
  let name = "";
  for (let i = 0; i < NAME_LENGTH; i++, bits >>= CHARACTER_BITS) {
    name = CHARACTERS[Number(bits & (1n << CHARACTER_BITS) - 1n)] + name;
  }
  return name;
}
