/** Makes calls wrong, or extreme, in one place or a few. */

import type { Random } from "../../support/random.ts";
import { element } from "../random/values.ts";
import { extreme, garbage } from "./extremes.ts";

/** Changes one to three arguments of a call; `words` are the tokens that the command knows. */
export function mutate(
  random: Random,
  args: readonly string[],
  words: readonly string[],
): string[] {
  let mutated = [...args];
  for (let left = random.pick([1, 1, 1, 2, 2, 3]); left > 0; left--) {
    mutated = mutateOnce(random, mutated, words);
  }
  return mutated;
}

function mutateOnce(
  random: Random,
  args: readonly string[],
  words: readonly string[],
): string[] {
  const numbers = args.flatMap((arg, i) => i > 0 && looksLikeNumber(arg) ? [i] : []);
  const at = random.between(1, Math.max(1, args.length - 1));
  const kind = random.below(100);
  if (kind < 55 && numbers.length > 0) return args.with(random.pick(numbers), extreme(random));
  if (kind < 62) return replaceAt(args, at, extreme(random));
  if (kind < 67) return replaceAt(args, at, garbage(random));
  if (kind < 73) return args.toSpliced(at, 1);
  if (kind < 77) return args.slice(0, at);
  if (kind < 81) return args.toSpliced(at, 0, args[at] ?? extreme(random));
  if (kind < 84) return [...args, element(random)];
  if (kind < 87) return args.toSpliced(at, 0, extreme(random));
  if (kind < 96 && words.length > 0) {
    const word = random.pick(words);
    const value = random.chance(0.5) ? [extreme(random)] : [];
    const place = random.chance(0.6) ? args.length : at;
    return args.toSpliced(place, 0, word, ...value);
  }
  const other = random.between(1, Math.max(1, args.length - 1));
  return swap(args, at, other);
}

function looksLikeNumber(arg: string): boolean {
  return /^[-+(#]?[\d.]+(e[-+]?\d+)?$/i.test(arg);
}

function replaceAt(args: readonly string[], at: number, value: string): string[] {
  return at < args.length ? args.with(at, value) : [...args, value];
}

function swap(args: readonly string[], a: number, b: number): string[] {
  if (a >= args.length || b >= args.length) return [...args];
  return args.with(a, args[b]).with(b, args[a]);
}
