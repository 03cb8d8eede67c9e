/**
 * Replies as trees. Independent of src/resp on purpose: what the tests read replies with should not
 * share a mistake with what is tested. Format: the RESP2 and RESP3 specifications.
 */

/** One reply. All text is byte strings. */
export interface Reply {
  /** RESP's type byte: `+ - : $ * _ , # ( ! = % ~ > |`. */
  readonly type: string;
  /** What follows the type byte, or the payload of a bulk; `undefined` for aggregates and nulls. */
  readonly text?: string;
  /** The elements of an aggregate; a map's keys and values alternate. `undefined` for a null array. */
  readonly children?: readonly Reply[];
  /** The whole reply as it came. */
  readonly raw: string;
}

/** The position after a reply, with the reply. */
export interface ParsedReply {
  readonly reply: Reply;
  readonly end: number;
}

/**
 * Parses the reply that starts at `offset` of a byte string. Returns `undefined` while it is
 * incomplete; throws on bytes that cannot start a reply.
 */
export function parseReply(text: string, offset = 0): ParsedReply | undefined {
  if (offset >= text.length) return undefined;
  const lineEnd = text.indexOf("\r\n", offset);
  if (lineEnd < 0) return undefined;
  const type = text[offset];
  const line = text.slice(offset + 1, lineEnd);
  let end = lineEnd + 2;
  switch (type) {
    case "+":
    case "-":
    case ":":
    case ",":
    case "#":
    case "(":
      return { reply: { type, text: line, raw: text.slice(offset, end) }, end };
    case "_":
      return { reply: { type, raw: text.slice(offset, end) }, end };
    case "$":
    case "!":
    case "=": {
      const length = count(line, type);
      if (length < 0) return { reply: { type, raw: text.slice(offset, end) }, end };
      if (text.length < end + length + 2) return undefined;
      const payload = text.slice(end, end + length);
      end += length + 2;
      return { reply: { type, text: payload, raw: text.slice(offset, end) }, end };
    }
    case "*":
    case "~":
    case ">":
    case "%":
    case "|": {
      const length = count(line, type);
      if (length < 0) return { reply: { type, raw: text.slice(offset, end) }, end };
      const children: Reply[] = [];
      for (let left = type === "%" || type === "|" ? 2 * length : length; left > 0; left--) {
        const child = parseReply(text, end);
        if (!child) return undefined;
        children.push(child.reply);
        end = child.end;
      }
      return { reply: { type, children, raw: text.slice(offset, end) }, end };
    }
    default:
      throw new Error(`not a reply: ${JSON.stringify(text.slice(offset, offset + 80))}`);
  }
}

/** The texts of all leaves of a reply, from left to right; a null's text is the empty string. */
export function leaves(reply: Reply): string[] {
  return reply.children ? reply.children.flatMap(leaves) : [reply.text ?? ""];
}

/** Whether a reply is an error. */
export function isError(reply: Reply): boolean {
  return reply.type === "-" || reply.type === "!";
}

function count(line: string, type: string): number {
  if (!/^-?\d+$/.test(line)) throw new Error(`not a length after ${type}: ${JSON.stringify(line)}`);
  return Number(line);
}
