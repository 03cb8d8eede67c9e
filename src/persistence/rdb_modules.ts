/** Data of Redis modules in an RDB: recognized, so that it can be refused by the module's name. */

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

/** The same for what a module keeps beside the keys. */
export function failForModuleAux(input: RdbInput): never {
  const name = readModuleName(input);
  return input.fail(`The data set has AUX data of a module that is not here: '${name}'`);
}

function readModuleName(input: RdbInput): string {
  let bits = BigInt(input.unsigned()) >> VERSION_BITS;
  let name = "";
  for (let i = 0; i < NAME_LENGTH; i++, bits >>= CHARACTER_BITS) {
    name = CHARACTERS[Number(bits & (1n << CHARACTER_BITS) - 1n)] + name;
  }
  return name;
}
