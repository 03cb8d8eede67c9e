/** Positions, lengths and units as arguments. */

import { equalsIgnoreCase } from "../../base/ascii.ts";
import { ReplyError } from "../../base/errors.ts";
import { formatFixed } from "../../base/float_format.ts";
import type { ByteRange } from "../../base/span.ts";
import { isOnMap, type Position } from "../../data/geohash.ts";
import { requireScore } from "../sorted_set/scores.ts";
import { oneOf, token } from "../arguments.ts";
import type { ArgumentSpec } from "../description.ts";

const UNKNOWN_UNIT = new ReplyError("ERR unsupported unit provided. please use M, KM, FT, MI");

/** The argument that `requireUnit` reads. */
export const UNIT: ArgumentSpec = oneOf("unit", [
  token("M"),
  token("KM"),
  token("FT"),
  token("MI"),
]);

/** A position; throws where the arguments are no numbers or not on the map. */
export function requirePosition(longitude: ByteRange, latitude: ByteRange): Position {
  const position = { longitude: requireScore(longitude), latitude: requireScore(latitude) };
  if (!isOnMap(position)) {
    const pair = `${formatFixed(position.longitude, 6)},${formatFixed(position.latitude, 6)}`;
    throw new ReplyError(`ERR invalid longitude,latitude pair ${pair}`);
  }
  return position;
}

/** How many meters the unit has. */
export function requireUnit(argument: ByteRange): number {
  if (equalsIgnoreCase(argument, "M")) return 1;
  if (equalsIgnoreCase(argument, "KM")) return 1000;
  if (equalsIgnoreCase(argument, "FT")) return 0.3048;
  if (equalsIgnoreCase(argument, "MI")) return 1609.34;
  throw UNKNOWN_UNIT;
}

/** A length in meters as replies show it in a unit of so many meters. */
export function formatDistance(meters: number, unit: number): string {
  return formatFixed(meters / unit, 4);
}
