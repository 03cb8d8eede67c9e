/** What the reference answers to unusual and malformed requests, as found out by asking it. */

/** Bytes that a client sends before it closes its sending side, and all that comes back. */
export interface ProtocolCase {
  readonly name: string;
  /** Byte string. */
  readonly input: string;
  /** Replies to the PINGs and ECHOs in it. */
  readonly replies?: string;
  /** What follows `-ERR Protocol error: `; without it the input is fine or still incomplete. */
  readonly error?: string;
  /** Whether the server wants a password, which the client has not given. */
  readonly unauthenticated?: true;
}

const PING = "*1\r\n$4\r\nPING\r\n";
const PONG = "+PONG\r\n";
const NO_AUTH = "-NOAUTH Authentication required.\r\n";
const LINE_LIMIT = 65536;

export const PROTOCOL_CASES: readonly ProtocolCase[] = [
  // Skipped without an answer.
  { name: "an array of -1", input: "*-1\r\n" + PING, replies: PONG },
  { name: "an array of -5", input: "*-5\r\n" + PING, replies: PONG },
  { name: "the least array", input: "*-9223372036854775808\r\n" + PING, replies: PONG },
  { name: "an array of 0", input: "*0\r\n" + PING, replies: PONG },
  { name: "an empty line", input: "\r\n" + PING, replies: PONG },
  { name: "an empty line without CR", input: "\n" + PING, replies: PONG },
  { name: "a line of spaces", input: "  \t \r\n" + PING, replies: PONG },
  { name: "many empty lines", input: "\r\n".repeat(40000) + PING, replies: PONG },
  { name: "several empty commands", input: "*-10\r\n\r\n*0\r\n" + PING, replies: PONG },

  // Odd but fine.
  {
    name: "any two bytes after a bulk",
    input: "*1\r\n$4\r\nPINGxy" + PING,
    replies: PONG + PONG,
  },
  {
    name: "any byte after a header's CR",
    input: "*1\rx$4\rxPINGxy" + PING,
    replies: PONG + PONG,
  },
  { name: "an empty bulk", input: "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", replies: "$0\r\n\r\n" },
  { name: "an inline command", input: "PING\r\n", replies: PONG },
  { name: "an inline command without CR", input: "PING\n", replies: PONG },
  { name: "an inline command and spaces", input: "  PING \r\r\n", replies: PONG },
  { name: "inline quotes", input: 'ECHO "a \\x41\\n\'"\r\n', replies: "$5\r\na A\n'\r\n" },
  { name: "inline single quotes", input: "ECHO 'a \"\\''\r\n", replies: "$4\r\na \"'\r\n" },
  { name: "an inline empty argument", input: 'ECHO ""\r\n', replies: "$0\r\n\r\n" },
  {
    name: "a long line with an end",
    input: `ECHO ${"a".repeat(60000)}\r\n`,
    replies: `$60000\r\n${"a".repeat(60000)}\r\n`,
  },

  // Incomplete, however long one waits.
  { name: "half a header", input: PING + "*", replies: PONG },
  { name: "a header without its last byte", input: "*1\r" },
  { name: "the largest array", input: "*2147483647\r\n" },
  { name: "the largest bulk", input: "*1\r\n$536870912\r\n" },
  { name: "a header that ends in LF", input: "*1\n$4\nPING\n" },
  { name: "a NUL in an inline command", input: "PING\0\r\nPING\r\n" },
  { name: "a NUL in front of an inline command", input: "\0\r\nPING\r\n" },
  { name: "a NUL in an array's header", input: "*1\0\r\n$4\r\nPING\r\n" },
  { name: "a NUL in a bulk's header", input: "*1\r\n$4\0\r\nPING\r\n" },
  { name: "a NUL for a bulk's header", input: "*1\r\n\0\r\n" },
  { name: "the longest unfinished inline command", input: "a".repeat(LINE_LIMIT) },
  { name: "the longest unfinished array header", input: "*" + "1".repeat(LINE_LIMIT - 1) },
  { name: "the longest unfinished bulk header", input: "*1\r\n$" + "1".repeat(LINE_LIMIT - 1) },

  // Array headers.
  ...["01", "+1", "", "a", " 1", "1 ", "-0", "-", "1a", "12345678901234567890123"].map((count) => ({
    name: `an array of "${count}"`,
    input: `*${count}\r\n`,
    error: "invalid multibulk length",
  })),
  {
    name: "an array that is too large",
    input: "*2147483648\r\n",
    error: "invalid multibulk length",
  },
  {
    name: "an array below 64 bits",
    input: "*-9223372036854775809\r\n",
    error: "invalid multibulk length",
  },
  {
    name: "an endless array header",
    input: "*" + "1".repeat(LINE_LIMIT),
    error: "too big mbulk count string",
  },

  // Bulk headers.
  ...["-1", "", "04", "a", "+4", " 4", "-0", "536870913", "99999999999999999999"].map((length) => ({
    name: `a bulk of "${length}"`,
    input: `*1\r\n$${length}\r\n`,
    error: "invalid bulk length",
  })),
  {
    name: "an endless bulk header",
    input: "*1\r\n$" + "1".repeat(LINE_LIMIT),
    error: "too big bulk count string",
  },
  {
    name: "an endless line for a bulk header",
    input: "*1\r\n" + "x".repeat(LINE_LIMIT + 1),
    error: "too big bulk count string",
  },
  ...[":", "x", "*", "+", "\xff", "'"].map((got) => ({
    name: `"${got}" for a bulk`,
    input: `*1\r\n${got}4\r\n`,
    error: `expected '$', got '${got}'`,
  })),
  { name: "LF for a bulk", input: "*1\r\n\n\r\n", error: "expected '$', got ' '" },
  { name: "CR for a bulk", input: "*1\r\n\r\n", error: "expected '$', got ' '" },
  {
    name: "an error in the second argument",
    input: "*2\r\n$4\r\nECHO\r\n+x\r\n",
    error: "expected '$', got '+'",
  },
  {
    name: "an error after a command",
    input: PING + "*1\r\nx\r\n" + PING,
    replies: PONG,
    error: "expected '$', got 'x'",
  },

  // Inline commands.
  ...['PING "abc', "PING 'abc", "PING 'a'b", 'PING "a"b', 'PING "abc\\"'].map((line) => ({
    name: `the line ${line}`,
    input: `${line}\r\n`,
    error: "unbalanced quotes in request",
  })),
  {
    name: "an endless line",
    input: "a".repeat(LINE_LIMIT + 1),
    error: "too big inline request",
  },
  {
    name: "an endless line of NUL",
    input: "\0".repeat(LINE_LIMIT + 1),
    error: "too big inline request",
  },

  // Before authentication.
  { name: "an array of 10", input: "*10\r\n", unauthenticated: true },
  {
    name: "an array of 11",
    input: "*11\r\n",
    error: "unauthenticated multibulk length",
    unauthenticated: true,
  },
  { name: "a bulk of 16384", input: "*1\r\n$16384\r\n", unauthenticated: true },
  {
    name: "a bulk of 16385",
    input: "*1\r\n$16385\r\n",
    error: "unauthenticated bulk length",
    unauthenticated: true,
  },
  {
    name: "a bulk that is too large",
    input: "*1\r\n$536870913\r\n",
    error: "invalid bulk length",
    unauthenticated: true,
  },
  {
    name: "an inline command of 12 words",
    input: "PING 1 2 3 4 5 6 7 8 9 10 11\r\n",
    replies: NO_AUTH,
    unauthenticated: true,
  },
];

/** All that a server sends for a case before it closes the connection. */
export function expectedOutput({ replies = "", error }: ProtocolCase): string {
  return replies + (error === undefined ? "" : `-ERR Protocol error: ${error}\r\n`);
}
