/** Passwords, of which only hashes are kept. */

import { Buffer } from "node:buffer";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { ByteRange } from "../base/span.ts";
import { NO_SUCH_PASSWORD, NOT_A_HASH } from "./rule_error.ts";

/** A SHA-256 as rules have it: 64 hexadecimal digits in lower case. */
const HASH = /^[0-9a-f]{64}$/;

/** The passwords of a user, each of which is enough. */
export class Passwords {
  readonly #hashes: Set<string>;

  constructor(hashes: Iterable<string> = []) {
    this.#hashes = new Set(hashes);
  }

  /** The hashes, in the order in which they were added. */
  get hashes(): readonly string[] {
    return [...this.#hashes];
  }

  /** The same passwords, to be changed apart from these. */
  copy(): Passwords {
    return new Passwords(this.#hashes);
  }

  clear(): void {
    this.#hashes.clear();
  }

  /** Adds a password by its hash. Throws RuleError where that is none. */
  add(hash: string): void {
    this.#hashes.add(requireHash(hash));
  }

  /** Removes a password by its hash. Throws RuleError where there is no such password. */
  remove(hash: string): void {
    if (!this.#hashes.delete(requireHash(hash))) throw NO_SUCH_PASSWORD;
  }

  /** Whether a password is one of these; how long the answer takes does not tell how much of it fits. */
  match(password: ByteRange): boolean {
    const given = Buffer.from(hashPassword(password), "latin1");
    let matches = false;
    for (const hash of this.#hashes) {
      if (timingSafeEqual(Buffer.from(hash, "latin1"), given)) matches = true;
    }
    return matches;
  }
}

/** The hash of a password, in hexadecimal. */
export function hashPassword({ buffer, start, end }: ByteRange): string {
  return createHash("sha256").update(buffer.subarray(start, end)).digest("hex");
}

function requireHash(hash: string): string {
  if (!HASH.test(hash)) throw NOT_A_HASH;
  return hash;
}

/** A new secret of so many random bits, rounded up to whole hexadecimal digits. */
export function generateSecret(bits: number): string {
  const digits = Math.ceil(bits / 4);
  return randomBytes(Math.ceil(digits / 2)).toString("hex").slice(0, digits);
}
