/**
 * Geohashes: a place on Earth as one integer of 52 bits, so that near places often have near numbers.
 *
 * The map is cut in half 26 times in each direction. A place's two cell numbers, of the longitude and
 * of the latitude, are interleaved, the lowest bit being the latitude's. A cell of fewer steps is a
 * range of such numbers. Redis keeps them as the scores of a sorted set; its map ends at the latitudes
 * where the Mercator projection is square.
 */

/** A place, in degrees. */
export interface Position {
  readonly longitude: number;
  readonly latitude: number;
}

/** The cell of a grid of 2^steps by 2^steps. */
export interface Cell {
  readonly steps: number;
  /** From the west. */
  readonly column: number;
  /** From the south. */
  readonly row: number;
}

/** A rectangle on the map, in degrees. */
export interface Bounds {
  readonly west: number;
  readonly east: number;
  readonly south: number;
  readonly north: number;
}

/** The part of Earth that positions are in. */
export const WORLD: Bounds = {
  west: -180,
  east: 180,
  south: -85.05112878,
  north: 85.05112878,
};

/** As WORLD with both poles: the map of the geohashes that other programs know. */
const WHOLE_WORLD: Bounds = { west: -180, east: 180, south: -90, north: 90 };

/** The steps of the finest grid. */
export const MAX_STEPS = 26;

/** The digits of a geohash as text. */
const DIGITS = "0123456789bcdefghjkmnpqrstuvwxyz";
const TEXT_LENGTH = 11;
const BITS_PER_DIGIT = 5;

/** Bits of a cell number that are interleaved at once; the result must fit 32 bits. */
const HALF_BITS = 13;
const HALF_MASK = (1 << HALF_BITS) - 1;

/** Whether a position is on the map. */
export function isOnMap({ longitude, latitude }: Position): boolean {
  return longitude >= WORLD.west && longitude <= WORLD.east &&
    latitude >= WORLD.south && latitude <= WORLD.north;
}

/** The cell that a position is in. At the eastern and northern edge it is one beyond the grid, as in Redis. */
export function cellAt(position: Position, steps: number, world: Bounds = WORLD): Cell {
  const { longitude, latitude } = position;
  const x = (longitude - world.west) / (world.east - world.west);
  const y = (latitude - world.south) / (world.north - world.south);
  return { steps, column: Math.floor(x * 2 ** steps), row: Math.floor(y * 2 ** steps) };
}

/** The rectangle of a cell. */
export function boundsOf({ steps, column, row }: Cell): Bounds {
  const count = 2 ** steps;
  const width = WORLD.east - WORLD.west, height = WORLD.north - WORLD.south;
  return {
    west: WORLD.west + (column / count) * width,
    east: WORLD.west + ((column + 1) / count) * width,
    south: WORLD.south + (row / count) * height,
    north: WORLD.south + ((row + 1) / count) * height,
  };
}

/** The cell so many columns to the east and rows to the north, around the edges of the map. */
export function neighbor({ steps, column, row }: Cell, columns: number, rows: number): Cell {
  const mask = 2 ** steps - 1;
  return {
    steps,
    column: columns === 0 ? column : (column + columns) & mask,
    row: rows === 0 ? row : (row + rows) & mask,
  };
}

/** Whether two cells are the same. */
export function sameCell(a: Cell, b: Cell): boolean {
  return a.steps === b.steps && a.column === b.column && a.row === b.row;
}

/** The cell's number: both of its own interleaved. */
export function cellNumber({ column, row }: Cell): number {
  const low = interleave(column & HALF_MASK, row & HALF_MASK);
  return interleave(column >>> HALF_BITS, row >>> HALF_BITS) * 2 ** (2 * HALF_BITS) + low;
}

/** The scores `[min, max)` of the positions in a cell. */
export function scoresOf(cell: Cell): { min: number; max: number } {
  const number = cellNumber(cell), scale = 2 ** (2 * (MAX_STEPS - cell.steps));
  return { min: number * scale, max: (number + 1) * scale };
}

/** The score of a position. */
export function scoreAt(position: Position): number {
  return cellNumber(cellAt(position, MAX_STEPS));
}

/** The middle of the cell that a score stands for. Any score stands for some place. */
export function positionOf(score: number): Position {
  const { west, east, south, north } = boundsOf(cellOf(score));
  return {
    longitude: Math.min(WORLD.east, Math.max(WORLD.west, (west + east) / 2)),
    latitude: Math.min(WORLD.north, Math.max(WORLD.south, (south + north) / 2)),
  };
}

function cellOf(score: number): Cell {
  const number = Math.trunc(score);
  if (number >= 0 && number <= Number.MAX_SAFE_INTEGER) {
    const split = 2 ** (2 * HALF_BITS);
    const low = number % split, high = Math.floor(number / split);
    return {
      steps: MAX_STEPS,
      column: (evenBits(high >>> 1) << HALF_BITS) + evenBits(low >>> 1),
      row: (evenBits(high) << HALF_BITS) + evenBits(low),
    };
  }
  const bits = truncateToUint64(score);
  let column = 0, row = 0;
  for (let i = 0; i < 32; i++) {
    row += Number(bits >> BigInt(2 * i) & 1n) * 2 ** i;
    column += Number(bits >> BigInt(2 * i + 1) & 1n) * 2 ** i;
  }
  return { steps: MAX_STEPS, column, row };
}

/** The geohash of a position as other programs write it (https://en.wikipedia.org/wiki/Geohash). */
export function geohashText(position: Position): string {
  let bits = cellNumber(cellAt(position, MAX_STEPS, WHOLE_WORLD));
  // 52 bits are ten digits and a bit; the last digit is always 0.
  let text = DIGITS[0];
  bits = Math.floor(bits / 4);
  for (let i = 1; i < TEXT_LENGTH; i++) {
    text = DIGITS[bits % 2 ** BITS_PER_DIGIT] + text;
    bits = Math.floor(bits / 2 ** BITS_PER_DIGIT);
  }
  return text;
}

/** Spreads the bits of both numbers, of 16 at most, so that those of `row` come first. */
function interleave(column: number, row: number): number {
  return (spread(column) << 1 | spread(row)) >>> 0;
}

function spread(bits: number): number {
  bits = (bits | bits << 8) & 0x00ff00ff;
  bits = (bits | bits << 4) & 0x0f0f0f0f;
  bits = (bits | bits << 2) & 0x33333333;
  return (bits | bits << 1) & 0x55555555;
}

/** The bits 0, 2, 4 … of a number, side by side. */
function evenBits(bits: number): number {
  bits &= 0x55555555;
  bits = (bits | bits >>> 1) & 0x33333333;
  bits = (bits | bits >>> 2) & 0x0f0f0f0f;
  bits = (bits | bits >>> 4) & 0x00ff00ff;
  return (bits | bits >>> 8) & 0xffff;
}

/** A double as an unsigned integer of 64 bits, what is none included, as x86 converts it. */
function truncateToUint64(value: number): bigint {
  const TWO_63 = 2 ** 63;
  if (value >= -TWO_63 && value < 2 * TWO_63) return BigInt.asUintN(64, BigInt(Math.trunc(value)));
  return value < 0 ? 1n << 63n : 0n;
}
