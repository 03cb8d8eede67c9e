/** How much room a table constructor asks for. */

/** After how many elements a constructor stores them (LFIELDS_PER_FLUSH). */
export const TABLE_FLUSH = 50;

/**
 * The room for so many entries. Lua's instruction has only 8 bits for it: above 15 it is rounded up to
 * three significant bits after the first.
 */
export function tableSizeHint(count: number): number {
  let mantissa = count, shift = 0;
  while (mantissa >= 16) {
    mantissa = (mantissa + 1) >> 1;
    shift++;
  }
  return mantissa * 2 ** shift;
}
