/** Directives about TLS. What Deno's TLS can't be told is refused. */

import { INT_MAX, integer, oneOf, path, text, yesNo } from "./directive.ts";

const NO_CHOICE = "Deno chooses the ciphers of TLS itself: ECDHE with AES-GCM or ChaCha20";
const NO_SESSIONS = "how long TLS sessions can be resumed is the runtime's to decide";

/** A file that is read again when CONFIG SET gives the same name. */
const FILE = { emptyIsUnset: true, reapplied: true } as const;
const CHOICE = { emptyIsUnset: true, fixed: NO_CHOICE } as const;

/** See `DIRECTIVES`. */
export const TLS_DIRECTIVES = {
  "tls-port": integer(0, 0, 65535),
  "tls-cluster": yesNo("no", { fixed: "the cluster bus has no TLS" }),
  "tls-replication": yesNo("no"),
  "tls-auth-clients": oneOf(["no", "yes", "optional"], "yes"),
  "tls-prefer-server-ciphers": yesNo("no", { fixed: NO_CHOICE }),
  "tls-session-caching": yesNo("yes", { fixed: NO_SESSIONS }),
  "tls-session-cache-size": integer(20480, 0, INT_MAX, { fixed: NO_SESSIONS }),
  "tls-session-cache-timeout": integer(300, 0, INT_MAX, { fixed: NO_SESSIONS }),
  "tls-cert-file": path("", FILE),
  "tls-key-file": path("", FILE),
  "tls-key-file-pass": text("", { sensitive: true, emptyIsUnset: true }),
  "tls-client-cert-file": path("", FILE),
  "tls-client-key-file": path("", FILE),
  "tls-client-key-file-pass": text("", { sensitive: true, emptyIsUnset: true }),
  "tls-dh-params-file": text("", CHOICE),
  "tls-ca-cert-file": path("", FILE),
  "tls-ca-cert-dir": path("", FILE),
  "tls-protocols": text("", { emptyIsUnset: true }),
  "tls-ciphers": text("", CHOICE),
  "tls-ciphersuites": text("", CHOICE),
} as const;
