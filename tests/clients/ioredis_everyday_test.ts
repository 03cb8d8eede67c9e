/** npm:ioredis, as it comes, against an embedded server: what it is used for every day. */

import { Redis } from "ioredis";
import { connectWith, testEverydayFeatures } from "./ioredis_family.ts";

for (const protocol of ["its default", 2, 3] as const) {
  const title = (what: string) => `npm:ioredis ${what} when the protocol is ${protocol}`;
  const options = typeof protocol === "number" ? { protocol } : {};
  testEverydayFeatures(title, (url) => connectWith(Redis, url, options));
}
