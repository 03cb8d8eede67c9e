/** How commands about Redis Cluster are answered where there is no cluster. */

import { ReplyError } from "../../base/errors.ts";

const NO_CLUSTER = new ReplyError("ERR This instance has cluster support disabled");

/** What they all run. Throws Redis' error. */
export function refuseCluster(): never {
  throw NO_CLUSTER;
}
