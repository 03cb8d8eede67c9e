/** Random strings, patterns and formats. */

import type { Choices } from "./choices.ts";

const WORDS = [
  "abc",
  "hello world",
  "x",
  "",
  "10",
  "0x1F",
  " 42 ",
  "1e3",
  "a,b,,c",
  "key=val",
  "aaa",
];
const CHARACTERS = "abcxyzABC0123456789 ,.=%-()[]^$*+?_\"'";

/** A string literal. */
export function stringLiteral(choices: Choices): string {
  if (choices.chance(0.5)) return JSON.stringify(choices.pick(WORDS));
  let text = "";
  for (let i = choices.below(8); i > 0; i--) {
    const escape = choices.below(20);
    if (escape === 0) text += "\\" + choices.below(256).toString().padStart(3, "0");
    else if (escape === 1) text += choices.pick(["\\n", "\\t", "\\\\", '\\"', "\\0", "\\a"]);
    else text += choices.pick([...CHARACTERS]).replace('"', '\\"');
  }
  return `"${text}"`;
}

/** A pattern, now and then a wrong one. */
export function patternLiteral(choices: Choices): string {
  let text = choices.chance(0.15) ? "^" : "";
  text += patternItems(choices, 2);
  if (choices.chance(0.1)) text += "$";
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function patternItems(choices: Choices, depth: number): string {
  let text = "";
  for (let i = choices.between(1, 4); i > 0; i--) {
    const kind = choices.below(24);
    if (kind < 13) text += single(choices) + choices.pick(["", "", "", "*", "+", "-", "?"]);
    else if (kind < 17 && depth > 0) text += `(${patternItems(choices, depth - 1)})`;
    else if (kind < 18) text += "()";
    else if (kind < 19) text += "%b" + choices.pick(["()", "[]", "xy", "aa"]);
    else if (kind < 20) text += "%f" + set(choices);
    else if (kind < 21) text += "%" + choices.between(1, 2);
    else if (kind < 22) {
      text += choices.pick(["%", "[", "(", ")", "[^", "%z", "]", "-", "*", "[]", "%b"]);
    } else text += choices.pick(["a", "b", "l", "o", " ", ",", "1"]);
  }
  return text;
}

function single(choices: Choices): string {
  switch (choices.below(5)) {
    case 0:
      return ".";
    case 1:
      return "%" + choices.pick([..."acdlpsuwxzACDLPSUWX"]);
    case 2:
      return set(choices);
    case 3:
      return "%" + choices.pick([...".%-+()[]"]);
    default:
      return choices.pick([..."abcxlo01 ,="]);
  }
}

function set(choices: Choices): string {
  const items = choices.join(
    1,
    3,
    () =>
      choices.pick(["a-c", "0-9", "%a", "%s", "%W", "x", "l", ".", "-", "%]", "^", "z-a", "%d"]),
    "",
  );
  return `[${choices.chance(0.3) ? "^" : ""}${items}]`;
}

/** A replacement for gsub. */
export function replacementLiteral(choices: Choices): string {
  const pieces = ["<", ">", "%0", "%1", "%2", "%%", "x", "", "-"];
  const text = choices.join(0, 3, () => choices.pick(pieces), "");
  return `"${choices.chance(0.03) ? text + "%" : text}"`;
}

/** A format with its conversions, and how many arguments it takes. */
export function formatLiteral(choices: Choices): { text: string; conversions: string[] } {
  let text = "";
  const conversions: string[] = [];
  for (let i = choices.between(1, 3); i > 0; i--) {
    text += choices.pick(["", " ", "a=", "%%", "|"]);
    const flags = choices.join(0, 2, () => choices.pick(["-", "+", " ", "#", "0"]), "");
    const width = choices.chance(0.4) ? String(choices.below(14)) : "";
    const precision = choices.chance(0.4)
      ? "." + (choices.chance(0.1) ? "" : choices.below(18))
      : "";
    const letter = choices.pick([..."ddduxXoceEfffgggGsssqi"]);
    text += `%${letter === "q" ? "" : flags + width + precision}${letter}`;
    conversions.push(letter);
  }
  return { text: `"${text}"`, conversions };
}
