/** What TLS is done with: the files that the directives name, read and checked. */

import { createPrivateKey, X509Certificate } from "node:crypto";
import type { SecureVersion } from "node:tls";
import { toLowerAscii } from "../base/ascii.ts";
import { systemErrorText } from "../config/errors.ts";
import type { Settings } from "../config/mod.ts";
import { absolutePath, systemPath } from "../config/paths.ts";

/** TLS that can't be had as it is configured. `message` is one line. */
export class TlsError extends Error {
  static {
    this.prototype.name = "TlsError";
  }
}

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

/** Reads what the settings name. Throws `TlsError`, with Redis' words where it has them. */
export function readTlsMaterial(settings: Readonly<Settings>): TlsMaterial {
  const clients = settings["tls-auth-clients"];
  const { "tls-cert-file": certFile, "tls-key-file": keyFile } = settings;
  const { "tls-ca-cert-file": caFile, "tls-ca-cert-dir": caDirectory } = settings;
  if (certFile === "") throw new TlsError("No tls-cert-file configured!");
  if (keyFile === "") throw new TlsError("No tls-key-file configured!");
  if (clients !== "no" && caFile === "" && caDirectory === "") {
    throw new TlsError(
      "Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-auth-clients is " +
        "enabled, which it is unless you set 'tls-auth-clients no'",
    );
  }
  const versions = parseProtocols(settings["tls-protocols"]);
  const path = (file: string) => systemPath(absolutePath(file, settings.dir));
  const certificate = read("certificate", certFile, path(certFile));
  const key = readKey(keyFile, path(keyFile), settings["tls-key-file-pass"]);
  checkPair(certificate, certFile, key, keyFile);
  const authorities = [
    ...caFile === "" ? [] : [read("CA certificate(s) file", caFile, path(caFile))],
    ...caDirectory === "" ? [] : readDirectory(caDirectory, path(caDirectory)),
  ];
  for (const authority of authorities) checkCertificate(authority, caFile || caDirectory);
  return { certificate, key, authorities, clients, ...versions };
}

/** The same, for connections to other servers, to whom this one may say something else of itself. */
export function readOutgoingMaterial(settings: Readonly<Settings>): TlsMaterial {
  const material = readTlsMaterial(settings);
  const { "tls-client-cert-file": certFile, "tls-client-key-file": keyFile } = settings;
  if (certFile === "") return material;
  if (keyFile === "") throw new TlsError("No tls-client-key-file configured!");
  const path = (file: string) => systemPath(absolutePath(file, settings.dir));
  const certificate = read("certificate", certFile, path(certFile));
  const key = readKey(keyFile, path(keyFile), settings["tls-client-key-file-pass"]);
  checkPair(certificate, certFile, key, keyFile);
  return { ...material, certificate, key };
}

function read(what: string, name: string, path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new TlsError(`Failed to load ${what}: ${name}: ${systemErrorText(error)}`);
  }
}

function readKey(name: string, path: string, passphrase: string): string {
  const text = read("private key", name, path);
  try {
    // An older Deno takes a passphrase, even an empty one, to mean that the key is encrypted.
    const key = createPrivateKey(passphrase === "" ? text : { key: text, passphrase });
    return key.export({ type: "pkcs8", format: "pem" })
      .toString();
  } catch (error) {
    throw new TlsError(`Failed to load private key: ${name}: ${(error as Error).message}`);
  }
}

/** The certificates of a directory that OpenSSL's `rehash` has prepared: files such as `5ed36f99.0`. */
function readDirectory(name: string, path: string): string[] {
  try {
    return [...Deno.readDirSync(path)]
      .filter(({ name }) => /^[0-9a-f]{8}\.\d+$/.test(name))
      .map(({ name }) => Deno.readTextFileSync(`${path}/${name}`));
  } catch (error) {
    throw new TlsError(`Failed to load CA certificates of ${name}: ${systemErrorText(error)}`);
  }
}

function checkPair(certificate: string, certFile: string, key: string, keyFile: string): void {
  if (!checkCertificate(certificate, certFile).checkPrivateKey(createPrivateKey(key))) {
    throw new TlsError(`Failed to load private key: ${keyFile}: key values mismatch`);
  }
}

function checkCertificate(text: string, name: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch {
    throw new TlsError(`Failed to load certificate: ${name}: it is not a certificate in PEM`);
  }
}

const PROTOCOLS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;

function parseProtocols(text: string): { minVersion: SecureVersion; maxVersion: SecureVersion } {
  const words = text.split(" ").filter((word) => word !== "").map(toLowerAscii);
  const asked = PROTOCOLS.filter((name) => words.includes(toLowerAscii(name)));
  if (asked.length < new Set(words).size) {
    throw new TlsError(
      "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and 'TLSv1.3'.",
    );
  }
  if (asked.includes("TLSv1") || asked.includes("TLSv1.1")) {
    throw new TlsError("tls-protocols: Deno has TLSv1.2 and TLSv1.3, and no older ones");
  }
  return {
    minVersion: asked[0] ?? "TLSv1.2",
    maxVersion: asked.at(-1) ?? "TLSv1.3",
  };
}
