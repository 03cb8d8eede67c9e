/**
 * Sorting of which only a part is asked for: the first few of many, in order.
 *
 * A quicksort after J. L. Bentley and M. D. McIlroy, "Engineering a Sort Function" (1993), that leaves out
 * the parts nobody asks for. It is not stable: where Redis sorts so, which of equal elements come first
 * is a matter of these very steps, so they are those of the paper.
 */

/** Up to so many elements are sorted by insertion. */
const INSERTION_BELOW = 7;
/** From more elements than this on, the pivot is a median of medians. */
const NINTHER_ABOVE = 40;
/** Parts of parts deeper than this, which only elements made for the purpose lead to, are sorted at once. */
const DEEPEST = 100;

/** Orders two elements: negative, 0 or positive. */
export type Comparison<T> = (a: T, b: T) => number;

/** Puts those elements in place that belong to the indexes `[0, count)`, in order; the rest is behind them. */
export function sortFirst<T>(list: T[], count: number, compare: Comparison<T>): void {
  sortPart(list, 0, list.length, count, compare, 0);
}

/** Sorts `[start, end)` as far as it lies before `count`. */
function sortPart<T>(
  list: T[],
  start: number,
  end: number,
  count: number,
  compare: Comparison<T>,
  depth: number,
): void {
  if (depth > DEEPEST) {
    const part = list.slice(start, end).sort(compare);
    for (let i = 0; i < part.length; i++) list[start + i] = part[i];
    return;
  }
  while (end - start >= INSERTION_BELOW) {
    swap(list, start, choosePivot(list, start, end, compare));
    // Elements equal to the pivot gather at both ends: [start, equalEnd) and [equalStart, end).
    let equalEnd = start + 1, left = start + 1, right = end - 1, equalStart = end - 1;
    for (;;) {
      for (; left <= right; left++) {
        const order = compare(list[left], list[start]);
        if (order > 0) break;
        if (order === 0) swap(list, equalEnd++, left);
      }
      for (; left <= right; right--) {
        const order = compare(list[right], list[start]);
        if (order < 0) break;
        if (order === 0) swap(list, right, equalStart--);
      }
      if (left > right) break;
      swap(list, left++, right--);
    }
    const lower = left - equalEnd, upper = equalStart - right;
    const lowerMove = Math.min(equalEnd - start, lower);
    swapRanges(list, start, left - lowerMove, lowerMove);
    const upperMove = Math.min(upper, end - equalStart - 1);
    swapRanges(list, left, end - upperMove, upperMove);

    if (lower > 1) sortPart(list, start, start + lower, count, compare, depth + 1);
    if (upper <= 1 || end - upper >= count) return;
    start = end - upper;
  }
  for (let i = start + 1; i < end; i++) {
    for (let k = i; k > start && compare(list[k - 1], list[k]) > 0; k--) swap(list, k, k - 1);
  }
}

function choosePivot<T>(list: T[], start: number, end: number, compare: Comparison<T>): number {
  const size = end - start;
  let middle = start + (size >> 1);
  if (size === INSERTION_BELOW) return middle;
  let low = start, high = end - 1;
  if (size > NINTHER_ABOVE) {
    const step = size >> 3;
    low = medianOf(list, low, low + step, low + 2 * step, compare);
    middle = medianOf(list, middle - step, middle, middle + step, compare);
    high = medianOf(list, high - 2 * step, high - step, high, compare);
  }
  return medianOf(list, low, middle, high, compare);
}

/** The index of the middle one of three elements. */
function medianOf<T>(
  list: T[],
  a: number,
  b: number,
  c: number,
  compare: Comparison<T>,
): number {
  if (compare(list[a], list[b]) < 0) {
    if (compare(list[b], list[c]) < 0) return b;
    return compare(list[a], list[c]) < 0 ? c : a;
  }
  if (compare(list[b], list[c]) > 0) return b;
  return compare(list[a], list[c]) < 0 ? a : c;
}

function swap<T>(list: T[], a: number, b: number): void {
  const kept = list[a];
  list[a] = list[b];
  list[b] = kept;
}

function swapRanges<T>(list: T[], a: number, b: number, count: number): void {
  for (let i = 0; i < count; i++) swap(list, a + i, b + i);
}
