/** The words of Lua. A token is its own text, or one of the kinds in angle brackets. */

export const END = "<eof>";
export const NAME = "<name>";
export const NUMBER = "<number>";
export const STRING = "<string>";

/** The reserved words. */
export const RESERVED: ReadonlySet<string> = new Set([
  "and",
  "break",
  "do",
  "else",
  "elseif",
  "end",
  "false",
  "for",
  "function",
  "if",
  "in",
  "local",
  "nil",
  "not",
  "or",
  "repeat",
  "return",
  "then",
  "true",
  "until",
  "while",
]);

/** Whether a token has a text of its own, which messages show instead of the kind. */
export function hasText(token: string): boolean {
  return token === NAME || token === NUMBER || token === STRING;
}

/** A token as messages show it. */
export function tokenText(token: string): string {
  if (token.length === 1) {
    const code = token.charCodeAt(0);
    if (code < 32 || code === 127) return `char(${code})`;
  }
  return token;
}
