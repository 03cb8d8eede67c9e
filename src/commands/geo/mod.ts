/** The geospatial commands: sorted sets whose scores are geohashes. */

import type { CommandDeclaration } from "../declaration.ts";
import { GEOADD } from "./add.ts";
import { GEODIST, GEOHASH, GEOPOS } from "./get.ts";
import { GEORADIUS, GEORADIUS_RO, GEORADIUSBYMEMBER, GEORADIUSBYMEMBER_RO } from "./radius.ts";
import { GEOSEARCH, GEOSEARCHSTORE } from "./search.ts";

/** Every command of the geo group. */
export const GEO_COMMANDS: readonly CommandDeclaration[] = [
  GEOADD,
  GEODIST,
  GEOHASH,
  GEOPOS,
  GEORADIUS,
  GEORADIUSBYMEMBER,
  GEORADIUSBYMEMBER_RO,
  GEORADIUS_RO,
  GEOSEARCH,
  GEOSEARCHSTORE,
];
