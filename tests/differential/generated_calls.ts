/** Calls made up from what COMMAND DOCS says about a command's arguments. */

import type { Argument, CommandDocs } from "./command_docs.ts";

/** The name that every key argument gets. */
export const KEY = "key";

/**
 * Calls of a command: with only what it must have, and with each optional argument (each alternative of
 * it) alone. Values are plain ones of the right kind; whether the command accepts the combination is not
 * known here, nor does it matter where replies are compared.
 */
export function generateCalls(docs: CommandDocs): string[][] {
  const name = docs.name.split("|");
  const required = docs.arguments.map((one) => isOptional(one) ? [] : firstForm(one));
  const calls = [[...name, ...required.flat()]];
  docs.arguments.forEach((one, index) => {
    if (!isOptional(one)) return;
    for (const form of forms(one)) {
      calls.push([...name, ...required.with(index, form).flat()]);
    }
  });
  return calls;
}

function isOptional(argument: Argument): boolean {
  return argument.flags.includes("optional");
}

function firstForm(argument: Argument): string[] {
  return forms(argument)[0];
}

/** All ways to write an argument: one for most types, one for each alternative of a choice. */
function forms(argument: Argument): string[][] {
  const token = argument.token ? [argument.token] : [];
  switch (argument.type) {
    case "oneof":
      return argument.arguments.flatMap(forms).map((form) => [...token, ...form]);
    case "block": {
      const parts = argument.arguments.filter((part) => !isOptional(part)).map(firstForm);
      return [[...token, ...parts.flat()]];
    }
    case "pure-token":
      return [token];
    default:
      return [[...token, plainValue(argument)]];
  }
}

function plainValue({ type, name }: Argument): string {
  // Commands that wait must not make the test wait.
  if (name === "timeout") return "0.01";
  switch (type) {
    case "key":
      return KEY;
    case "integer":
      // A scan with a smaller COUNT may stop before the end, at a cursor of the server's own making.
      return name === "cursor" ? "0" : name === "count" ? "10" : "1";
    case "double":
      return "1.5";
    case "pattern":
      return "*";
    case "unix-time":
      return name.includes("milliseconds") ? "4000000000000" : "4000000000";
    default:
      return "x";
  }
}

/** How to make `KEY` hold a value of each type, and which command that needs. */
export const CREATORS: Readonly<Record<string, readonly string[]>> = {
  none: ["EXISTS", KEY],
  string: ["SET", KEY, "5"],
  hash: ["HSET", KEY, "x", "1"],
  list: ["RPUSH", KEY, "x"],
  set: ["SADD", KEY, "x"],
  zset: ["ZADD", KEY, "1", "x"],
  stream: ["XADD", KEY, "1-1", "x", "1"],
};
