/** The options of XREAD and XREADGROUP. */

import type { CallKeys } from "../../access/call_keys.ts";
import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireSafeInteger } from "../../base/numbers.ts";
import type { Frame } from "../../resp/frame.ts";
import { requireMilliseconds } from "../blocking_timeout.ts";

const NO_GROUP_IN_XREAD = new ReplyError(
  "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.",
);
const NO_NOACK_IN_XREAD = new ReplyError(
  "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.",
);
const UNBALANCED = new ReplyError(
  "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
);
const NO_GROUP = new ReplyError("ERR Missing GROUP option for XREADGROUP");

/** As whom XREADGROUP reads. */
export interface Membership {
  readonly group: string;
  readonly consumer: string;
  /** What is delivered is not to be acknowledged. */
  readonly noAck: boolean;
}

/** What XREAD and XREADGROUP are asked for. */
export interface ReadOptions {
  /** The most entries of each stream; 0: all. */
  readonly count: number;
  /** How long to wait, in ms, 0 for ever; null: not at all. */
  readonly timeout: number | null;
  /** Null for XREAD. */
  readonly member: Membership | null;
  /** Which argument is the first key. */
  readonly firstKey: number;
  /** How many keys there are; as many IDs follow. */
  readonly keys: number;
}

function notInScripts(args: Frame): ReplyError {
  return new ReplyError(
    `ERR ${args.shownText(0)} command is not allowed with BLOCK option from scripts`,
  );
}

/** Reads the arguments up to the IDs. Throws Redis' errors. */
export function readOptions(args: Frame, isGroup: boolean, isScript: boolean): ReadOptions {
  let count = 0;
  let timeout: number | null = null;
  let names: { group: string; consumer: string } | null = null;
  let noAck = false;
  let firstKey = 0;
  for (let i = 1; i < args.argc && firstKey === 0; i++) {
    const left = args.argc - i - 1;
    if (args.is(i, "BLOCK") && left > 0) {
      if (isScript) throw notInScripts(args);
      timeout = requireMilliseconds(args.span(++i));
    } else if (args.is(i, "COUNT") && left > 0) {
      count = Math.max(requireSafeInteger(args.span(++i)), 0);
    } else if (args.is(i, "STREAMS") && left > 0) {
      firstKey = i + 1;
      if (left % 2 !== 0) throw UNBALANCED;
    } else if (args.is(i, "GROUP") && left > 1) {
      if (!isGroup) throw NO_GROUP_IN_XREAD;
      names = { group: args.string(i + 1), consumer: args.string(i + 2) };
      i += 2;
    } else if (args.is(i, "NOACK")) {
      if (!isGroup) throw NO_NOACK_IN_XREAD;
      noAck = true;
    } else {
      throw SYNTAX_ERROR;
    }
  }
  if (firstKey === 0) throw SYNTAX_ERROR;
  if (isGroup && names === null) throw NO_GROUP;
  return {
    count,
    timeout,
    member: names === null ? null : { ...names, noAck },
    firstKey,
    keys: (args.argc - firstKey) / 2,
  };
}

/**
 * Where the keys of a call of XREAD or XREADGROUP stand, as far as its options can be told from them. What
 * is done with them Redis does not tell here.
 */
export function findStreamKeys(args: Frame, keys: CallKeys): void {
  for (let i = 1; i < args.argc; i++) {
    if (args.is(i, "BLOCK") || args.is(i, "COUNT")) i++;
    else if (args.is(i, "GROUP")) i += 2;
    else if (args.is(i, "STREAMS")) {
      const left = args.argc - i - 1;
      if (left % 2 === 0) keys.add(i + 1, i + left / 2, 1, 0);
      return;
    } else if (!args.is(i, "NOACK")) return;
  }
}
