/** Certificates for tests of TLS, made by openssl when they are wanted. */

import { hasProgram, requiredTest } from "./required_test.ts";
import { TempDir } from "./temp_dir.ts";
import { PATIENCE } from "./wait_for.ts";

/** How to get openssl. */

/** A certificate and its key: the files, and what is in them. */
export interface CertifiedKey {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** An authority's certificates in a directory of their own, removed when disposed. */
export class Certificates implements AsyncDisposable {
  private constructor(readonly directory: TempDir) {}

  /** Makes an authority. */
  static async create(): Promise<Certificates> {
    const certificates = new Certificates(await TempDir.create("certificates-"));
    await certificates.#openssl(
      ...["req", "-x509", ...EC, "-keyout", "ca.key", "-out", "ca.crt"],
      ...["-days", "30", "-subj", "/CN=Test authority"],
    );
    return certificates;
  }

  /** The path of a file in the directory. */
  path(name: string): string {
    return `${this.directory.path}/${name}`;
  }

  /** The authority's certificate. */
  get caFile(): string {
    return this.path("ca.crt");
  }

  get caCert(): string {
    return Deno.readTextFileSync(this.caFile);
  }

  /** A certificate for localhost and another address, signed by the authority. */
  async sign(name: string, address = "127.0.0.1"): Promise<CertifiedKey> {
    await this.#openssl(
      ...["req", ...EC, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`],
    );
    await Deno.writeTextFile(
      this.path("extensions"),
      `subjectAltName=DNS:localhost,IP:${address}\n`,
    );
    await this.#openssl(
      ...["x509", "-req", "-in", `${name}.csr`, "-out", `${name}.crt`, "-days", "30"],
      ...["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extensions"],
    );
    return this.#read(name);
  }

  /** A certificate without extensions, which makes it one of X.509's first version, signed by the authority. */
  async signVersion1(name: string): Promise<CertifiedKey> {
    await this.#openssl(
      ...["req", ...EC, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`],
    );
    await this.#openssl(
      ...["x509", "-req", "-in", `${name}.csr`, "-out", `${name}.crt`, "-days", "30"],
      ...["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"],
    );
    return this.#read(name);
  }

  /** A certificate that nobody but itself has signed. */
  async selfSigned(name: string): Promise<CertifiedKey> {
    await this.#openssl(
      ...["req", "-x509", ...EC, "-keyout", `${name}.key`, "-out", `${name}.crt`],
      ...["-days", "30", "-subj", `/CN=${name}`],
    );
    return this.#read(name);
  }

  /** The key in another file, encrypted; returns that file's path. */
  async encryptKey({ keyFile }: CertifiedKey, passphrase: string): Promise<string> {
    const encrypted = `${keyFile}.encrypted`;
    await this.#openssl(
      ...["pkcs8", "-topk8", "-in", keyFile, "-out", encrypted, "-passout", `pass:${passphrase}`],
    );
    return encrypted;
  }

  /** A directory with the authority's certificate under the name that OpenSSL looks it up by. */
  async caDirectory(): Promise<string> {
    const directory = this.path("authorities");
    await Deno.mkdir(directory, { recursive: true });
    await Deno.copyFile(this.caFile, `${directory}/ca.pem`);
    await this.#openssl("rehash", directory);
    return directory;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.directory[Symbol.asyncDispose]();
  }

  #read(name: string): CertifiedKey {
    const certFile = this.path(`${name}.crt`), keyFile = this.path(`${name}.key`);
    const cert = Deno.readTextFileSync(certFile), key = Deno.readTextFileSync(keyFile);
    return { certFile, keyFile, cert, key };
  }

  async #openssl(...args: string[]): Promise<void> {
    const { success, stderr } = await new Deno.Command("openssl", {
      args,
      cwd: this.directory.path,
      signal: AbortSignal.timeout(PATIENCE),
    }).output();
    if (!success) throw new Error(`openssl ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** What is missing for tests that need certificates; undefined: nothing. */
export function missingOpenssl(): string | undefined {
  if (hasProgram("openssl", "version")) return undefined;
  return "openssl is not installed (apt-get install openssl)";
}

/** Registers a test that needs certificates (see `requiredTest`). */
export function tlsTest(name: string, run: (t: Deno.TestContext) => Promise<void>): void {
  requiredTest(missingOpenssl(), name, run);
}
