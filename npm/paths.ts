/** Where files of the project are. */

import { fileURLToPath } from "node:url";

export { fileURLToPath as fromFileUrl };

/** The project's directory, with a slash at its end. */
export const PROJECT: string = fileURLToPath(new URL("../", import.meta.url));
