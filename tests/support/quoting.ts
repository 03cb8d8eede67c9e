/** Command lines as people type them into redis-cli, and bytes as people can read them. */

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" };

/**
 * Splits a line into arguments by redis-cli's rules: words between blanks; `"…"` with `\n \r \t \b \a`,
 * `\xHH` and `\` before any other character; `'…'` with `\'` only. Arguments are byte strings
 * (characters above U+00FF in the line become their UTF-8 bytes). Throws on unbalanced quotes and on
 * a closing quote that is followed by something other than a blank.
 */
export function splitArguments(line: string): string[] {
  const text = utf8ByteString(line);
  const result: string[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && isBlank(text[at])) at++;
    if (at >= text.length) return result;
    let argument = "";
    while (at < text.length && !isBlank(text[at])) {
      const quote = text[at];
      if (quote !== '"' && quote !== "'") {
        argument += quote;
        at++;
        continue;
      }
      at++;
      for (;;) {
        if (at >= text.length) throw new Error(`unbalanced quotes in: ${line}`);
        const char = text[at];
        if (char === quote) break;
        if (quote === '"' && char === "\\" && at + 1 < text.length) {
          const hex = /^\\x([0-9a-fA-F]{2})/.exec(text.slice(at, at + 4));
          if (hex) {
            argument += String.fromCharCode(parseInt(hex[1], 16));
            at += 4;
          } else {
            argument += ESCAPES[text[at + 1]] ?? text[at + 1];
            at += 2;
          }
        } else if (quote === "'" && char === "\\" && text[at + 1] === "'") {
          argument += "'";
          at += 2;
        } else {
          argument += char;
          at++;
        }
      }
      at++;
      if (at < text.length && !isBlank(text[at])) {
        throw new Error(`a closing quote must be followed by a blank in: ${line}`);
      }
    }
    result.push(argument);
  }
}

/** A byte string with everything that is not printable ASCII escaped, cut after `limit` bytes. */
export function escapeBytes(text: string, limit = 2000): string {
  let escaped = "";
  for (let i = 0; i < text.length && i < limit; i++) {
    const code = text.charCodeAt(i);
    if (code === 10) escaped += "\\n";
    else if (code === 13) escaped += "\\r";
    else if (code === 34 || code === 92) escaped += "\\" + text[i];
    else if (code < 32 || code > 126) escaped += "\\x" + code.toString(16).padStart(2, "0");
    else escaped += text[i];
  }
  return text.length > limit ? `${escaped}… (${text.length} bytes)` : escaped;
}

function isBlank(char: string): boolean {
  return char === " " || char === "\t" || char === "\n" || char === "\r";
}

function utf8ByteString(text: string): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}
