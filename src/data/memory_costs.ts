/**
 * What the engine's objects take beside what is in them, in bytes; for estimates. Measured as resident
 * memory with Deno 2.9, and much the same whatever their sizes.
 */

/** A typed array that is longer than 64 bytes: two objects, the engine's record of its memory, padding. */
export const ARRAY_COST = 400;

/** An object of a few fields, or a small array. */
export const OBJECT_COST = 80;
