/** Circles and boxes on Earth, distances, and the cells that cover a shape. */

import {
  type Bounds,
  boundsOf,
  type Cell,
  cellAt,
  MAX_STEPS,
  neighbor,
  type Position,
} from "./geohash.ts";

/** The radius of Earth, taken for a sphere, in meters. */
const EARTH_RADIUS = 6372797.560856;
/** Half of the width of the map at the equator, in meters. */
const MAP_REACH = 20037726.37;

/** An area around a position; lengths in meters. */
export type Shape =
  | { readonly kind: "circle"; readonly center: Position; readonly radius: number }
  | {
    readonly kind: "box";
    readonly center: Position;
    readonly width: number;
    readonly height: number;
  };

function radians(degrees: number): number {
  return degrees * (Math.PI / 180);
}

function degrees(radians: number): number {
  return radians / (Math.PI / 180);
}

/** The distance of two positions in meters, by the haversine formula. */
export function distance(a: Position, b: Position): number {
  const latitudeA = radians(a.latitude), latitudeB = radians(b.latitude);
  const u = Math.sin((latitudeB - latitudeA) / 2);
  const v = Math.sin((radians(b.longitude) - radians(a.longitude)) / 2);
  return 2 * EARTH_RADIUS *
    Math.asin(Math.sqrt(u * u + Math.cos(latitudeA) * Math.cos(latitudeB) * v * v));
}

/** How far a position is from the shape's center, in meters; undefined when it is outside of the shape. */
export function distanceWithin(shape: Shape, position: Position): number | undefined {
  const { center } = shape;
  if (shape.kind === "box") {
    const sameLatitude = { longitude: center.longitude, latitude: position.latitude };
    const sameLongitude = { longitude: position.longitude, latitude: center.latitude };
    if (distance(position, sameLatitude) > shape.width / 2) return undefined;
    if (distance(position, sameLongitude) > shape.height / 2) return undefined;
    return distance(center, position);
  }
  const found = distance(center, position);
  return found > shape.radius ? undefined : found;
}

/**
 * Cells that cover a shape: the one with its center, then those around it which the shape may reach, in
 * the order in which Redis looks through them.
 */
export function coveringCells(shape: Shape): Cell[] {
  const { center } = shape;
  const bounds = boundsAround(shape);
  const reach = shape.kind === "circle"
    ? shape.radius
    : Math.sqrt((shape.width / 2) ** 2 + (shape.height / 2) ** 2);
  let steps = stepsFor(reach, center.latitude);
  let middle = cellAt(center, steps);
  if (steps > 1 && reachesBeyondNeighbors(middle, bounds)) {
    steps--;
    middle = cellAt(center, steps);
  }

  const inside = boundsOf(middle);
  // With few cells in all, a neighbor may be one on both sides.
  const trim = steps >= 2;
  const north = trim && inside.north > bounds.north ? 0 : 1;
  const south = trim && inside.south < bounds.south ? 0 : 1;
  const east = trim && inside.east > bounds.east ? 0 : 1;
  const west = trim && inside.west < bounds.west ? 0 : 1;
  const cells = [middle];
  const add = (needed: number, columns: number, rows: number) => {
    if (needed !== 0) cells.push(neighbor(middle, columns, rows));
  };
  add(north, 0, 1);
  add(south, 0, -1);
  add(east, 1, 0);
  add(west, -1, 0);
  add(north & east, 1, 1);
  add(north & west, -1, 1);
  add(south & east, 1, -1);
  add(south & west, -1, -1);
  return cells;
}

/** The steps of a grid whose cells are at least as large as the reach; more around the poles, where cells are narrow. */
function stepsFor(reach: number, latitude: number): number {
  if (reach === 0) return MAX_STEPS;
  let steps = 1;
  for (; reach < MAP_REACH; reach *= 2) steps++;
  steps -= 2;
  if (Math.abs(latitude) > 66) steps--;
  if (Math.abs(latitude) > 80) steps--;
  return Math.min(MAX_STEPS, Math.max(1, steps));
}

/** The rectangle around a shape; as wide as the shape is on its side nearer to the equator's opposite. */
function boundsAround(shape: Shape): Bounds {
  const { longitude, latitude } = shape.center;
  const width = shape.kind === "circle" ? shape.radius : shape.width / 2;
  const height = shape.kind === "circle" ? shape.radius : shape.height / 2;
  const rows = degrees(height / EARTH_RADIUS);
  const widest = latitude < 0 ? latitude - rows : latitude + rows;
  const columns = degrees(width / EARTH_RADIUS / Math.cos(radians(widest)));
  return {
    west: longitude - columns,
    east: longitude + columns,
    south: latitude - rows,
    north: latitude + rows,
  };
}

/** Whether a rectangle ends behind the cells around one. */
function reachesBeyondNeighbors(cell: Cell, bounds: Bounds): boolean {
  return boundsOf(neighbor(cell, 0, 1)).north < bounds.north ||
    boundsOf(neighbor(cell, 0, -1)).south > bounds.south ||
    boundsOf(neighbor(cell, 1, 0)).east < bounds.east ||
    boundsOf(neighbor(cell, -1, 0)).west > bounds.west;
}
