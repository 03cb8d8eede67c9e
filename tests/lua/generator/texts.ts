/** Texts that may be chunks of Lua, and mostly aren't. */

import type { Choices } from "./choices.ts";
import { makeProgram } from "./programs.ts";

/** Words and signs of Lua and of JavaScript. */
const FRAGMENTS = [
  "local",
  "function",
  "end",
  "if",
  "then",
  "else",
  "elseif",
  "for",
  "in",
  "do",
  "while",
  "repeat",
  "until",
  "return",
  "break",
  "and",
  "or",
  "not",
  "nil",
  "true",
  "false",
  "x",
  "y",
  "z",
  "_G",
  "self",
  "1",
  "0x10",
  "1e5",
  ".5",
  "'s'",
  '"t"',
  "[[long]]",
  "[==[",
  "]==]",
  "--",
  "--[[",
  "]]",
  "...",
  "..",
  ".",
  ":",
  ",",
  ";",
  "=",
  "==",
  "~=",
  "<",
  "<=",
  ">",
  ">=",
  "+",
  "-",
  "*",
  "/",
  "%",
  "^",
  "#",
  "(",
  ")",
  "{",
  "}",
  "[",
  "]",
  "\n",
  "\\",
  "\0",
  "\x80",
  "'",
  '"',
  "@",
  "pcall",
  "error",
  "string",
  "rep",
  "__proto__",
  "constructor",
  "`",
  "${x}",
  "*/",
  "/*",
  "//",
  "</script>",
];

/** Makes a text of random words, or of a line of a program with some of them in it. */
export function makeText(choices: Choices, seed: number): string {
  if (choices.chance(0.5)) {
    return choices.join(1, 30, () => choices.pick(FRAGMENTS), choices.pick([" ", "", "\n"]));
  }
  let text = choices.pick(makeProgram(seed, true).split("\n").slice(2));
  for (let i = choices.below(4); i > 0; i--) {
    const at = choices.below(text.length);
    text = text.slice(0, at) + choices.pick(FRAGMENTS) + text.slice(at + choices.below(10));
  }
  return text;
}
