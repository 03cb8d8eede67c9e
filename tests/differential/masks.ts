/** Comparing two replies: byte for byte, but for what a mask allows. README.md lists the masks. */

import { isError, leaves, type Reply } from "../support/reply.ts";
import type { Mask } from "./script.ts";

/** Whether two replies are the same under the masks. */
export function repliesMatch(expected: Reply, actual: Reply, masks: readonly Mask[]): boolean {
  const here = masks.filter((mask) => mask.path.length === 0);
  if (here.length > 0) return here.every((mask) => maskHolds(mask, expected, actual));
  if (masks.length === 0) return expected.raw === actual.raw;
  if (!sameShell(expected, actual) || !expected.children || !actual.children) {
    return expected.raw === actual.raw;
  }
  const others = actual.children;
  return expected.children.every((child, index) => {
    const below = masks
      .filter((mask) => mask.path[0] === "*" || mask.path[0] === String(index))
      .map((mask) => ({ ...mask, path: mask.path.slice(1) }));
    return repliesMatch(child, others[index], below);
  });
}

function maskHolds(mask: Mask, expected: Reply, actual: Reply): boolean {
  switch (mask.name) {
    case "within":
      return leavesMatch(
        expected,
        actual,
        (a, b) =>
          isNumber(a) && isNumber(b) && Math.abs(Number(a) - Number(b)) <= Number(mask.argument),
      );
    case "number":
      return leavesMatch(expected, actual, (a, b) => isNumber(a) && isNumber(b));
    case "one-of": {
      const allowed = mask.argument.split(/\s+/);
      return leavesMatch(expected, actual, (a, b) => allowed.includes(a) && allowed.includes(b));
    }
    case "words":
      return leavesMatch(expected, actual, (a, b) => sameMultiset(a.split(" "), b.split(" ")));
    case "distinct":
      return leavesMatch(expected, actual, () => true) &&
        [expected, actual].every((reply) => new Set(leaves(reply)).size === leaves(reply).length);
    case "unordered":
      return sameShell(expected, actual) && !!expected.children &&
        sameMultiset(expected.children.map(rawOf), actual.children!.map(rawOf));
    case "pairs":
      return sameShell(expected, actual) && !!expected.children &&
        sameMultiset(pairsOf(expected.children), pairsOf(actual.children!));
    case "fields":
      return expected.type === actual.type && expected.text !== undefined &&
        actual.text !== undefined &&
        withoutValues(expected.text, mask.argument) === withoutValues(actual.text, mask.argument);
    case "error-code":
      return isError(expected) && isError(actual) &&
        expected.text?.split(" ")[0] === actual.text?.split(" ")[0];
    case "help": {
      const [a, b] = [expected, actual].map(helpTopics);
      return a !== undefined && b !== undefined && sameMultiset(a, b);
    }
    case "monitor":
      return expected.type === actual.type && isMonitorLine(expected) && isMonitorLine(actual) &&
        withoutTimeAndPort(expected) === withoutTimeAndPort(actual);
    case "type":
      return sameShell(expected, actual);
    default:
      throw new Error(`no mask is called ${mask.name}`);
  }
}

const MONITOR_LINE = /^\d{10}\.\d{6} (\[\d+ (?:127\.0\.0\.1:|lua))\d*\] /;

function isMonitorLine(reply: Reply): boolean {
  return MONITOR_LINE.test(reply.text ?? "");
}

function withoutTimeAndPort(reply: Reply): string | undefined {
  return reply.text?.replace(MONITOR_LINE, "$1] ");
}

/** Same type, same number of children, both null or neither. */
function sameShell(a: Reply, b: Reply): boolean {
  return a.type === b.type && a.children?.length === b.children?.length &&
    (a.text === undefined) === (b.text === undefined);
}

function leavesMatch(
  expected: Reply,
  actual: Reply,
  match: (expected: string, actual: string) => boolean,
): boolean {
  if (!sameShell(expected, actual)) return false;
  if (expected.children) {
    return expected.children.every((child, i) => leavesMatch(child, actual.children![i], match));
  }
  if (isError(expected)) return expected.raw === actual.raw;
  return expected.text !== undefined && match(expected.text, actual.text!);
}

/** What a HELP reply has lines for; undefined for another reply. Indented lines are sentences. */
function helpTopics(reply: Reply): string[] | undefined {
  const lines = reply.type === "*" ? reply.children ?? [] : [];
  if (lines.length === 0 || lines.some((line) => line.type !== "+")) return undefined;
  const [title, ...topics] = lines.map((line) => line.text ?? "")
    .filter((line) => !line.startsWith("    "));
  return [title, ...new Set(topics.map((topic) => topic.split(" ")[0]))];
}

function isNumber(text: string): boolean {
  return /^[+-]?(\d+(\.\d*)?([eE][+-]?\d+)?|inf)$/.test(text);
}

function rawOf(reply: Reply): string {
  return reply.raw;
}

/** The multiset comparison that `~unordered` and `~pairs` rest on. */
export function sameMultiset(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const left = a.toSorted(), right = b.toSorted();
  return left.every((element, index) => element === right[index]);
}

function pairsOf(children: readonly Reply[]): string[] {
  const pairs: string[] = [];
  for (let i = 0; i < children.length; i += 2) {
    pairs.push(children[i].raw + (children[i + 1]?.raw ?? ""));
  }
  return pairs;
}

/** `id=7 name=x` without the values of the named fields; `name:value` lines and commas likewise. */
function withoutValues(text: string, names: string): string {
  // A verbatim string begins with its format.
  const pattern = new RegExp(
    `(^(?:txt:)?|[\\s,])(${names.split(/\s+/).map(escapePattern).join("|")})([=:])[^\\s,]*`,
    "g",
  );
  return text.replace(pattern, "$1$2$3*");
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
