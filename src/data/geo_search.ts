/** Which members of a sorted set, whose scores are geohashes, are within a shape. */

import type { ByteStore } from "./byte_store.ts";
import { coveringCells, distanceWithin, type Shape } from "./geo_shape.ts";
import { type Cell, type Position, positionOf, sameCell, scoresOf } from "./geohash.ts";
import * as sortedSet from "./sorted_set_value.ts";
import type { Value } from "./value.ts";

/** A member that was found. */
export interface GeoHit {
  /** Its place in the sorted set, valid until that changes. */
  readonly place: number;
  readonly score: number;
  readonly position: Position;
  /** From the shape's center, in meters. */
  readonly distance: number;
}

/** The members within a shape, cell by cell; no more than `limit`. */
export function searchShape(
  store: ByteStore,
  value: Value,
  shape: Shape,
  limit: number,
): GeoHit[] {
  const hits: GeoHit[] = [];
  const cells = coveringCells(shape);
  let searched: Cell | null = null;
  for (let i = 0; i < cells.length && hits.length < limit; i++) {
    // Where cells are very large, one may be a neighbor on both sides.
    if (searched !== null && sameCell(cells[i], searched)) continue;
    searchCell(store, value, shape, cells[i], limit, hits);
    // As in Redis, which does not compare with the cell in the middle.
    if (i > 0) searched = cells[i];
  }
  return hits;
}

function searchCell(
  store: ByteStore,
  value: Value,
  shape: Shape,
  cell: Cell,
  limit: number,
  hits: GeoHit[],
): void {
  const scores = scoresOf(cell);
  const { start, end } = sortedSet.scoreRanks(store, value, {
    ...scores,
    minExclusive: false,
    maxExclusive: true,
  });
  const walk = new sortedSet.RankWalk(store, value, start, false);
  for (let rank = start; rank < end && hits.length < limit; rank++, walk.step()) {
    const { place } = walk;
    const score = sortedSet.score(store, value, place);
    const position = positionOf(score);
    const distance = distanceWithin(shape, position);
    if (distance !== undefined) hits.push({ place, score, position, distance });
  }
}
