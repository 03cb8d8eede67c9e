/** INFO's keyspace section. */

import type { Database } from "../keyspace/database.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { InfoFields } from "./info.ts";

/** The average time to live is taken from at most this many keys. */
const SAMPLES = 100;

/** The fields of the section: one for each database that has keys. */
export function keyspaceFields({ databases, now }: Keyspace): InfoFields {
  return databases.filter(({ size }) => size > 0).map((database) => [
    `db${database.index}`,
    `keys=${database.size},expires=${database.expiry.size},` +
    `avg_ttl=${averageTimeToLive(database, now)}`,
  ]);
}

/** Of keys that expire, spread evenly over all of them, in ms. */
function averageTimeToLive({ expiry }: Database, now: number): number {
  const { size } = expiry;
  const count = Math.min(size, SAMPLES);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += Math.max(0, expiry.timeAt(Math.floor(i * size / count)) - now);
  }
  return count === 0 ? 0 : Math.round(sum / count);
}
