/** Options of npm:redis for a loaded machine: by default it gives commands up after five seconds. */

import { PATIENCE } from "../support/wait_for.ts";

/** Fresh ones, as a client changes those that it is given. */
export function patientOptions() {
  return {
    commandOptions: { timeout: PATIENCE },
    socket: { connectTimeout: PATIENCE },
  };
}
