/** What TLS is done with. */

import type { SecureVersion } from "node:tls";
import type { Settings } from "../config/mod.ts";

/** What TLS is done with, as PEM texts. */
export interface TlsMaterial {
  readonly certificate: string;
  /** Without a passphrase. */
  readonly key: string;
  /** Who signs clients' certificates. */
  readonly authorities: readonly string[];
  readonly clients: Settings["tls-auth-clients"];
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
}
