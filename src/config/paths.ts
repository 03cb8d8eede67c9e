/** Paths in configuration: bytes on our side, text on the operating system's, and `include`'s wildcards. */

import { matchGlob } from "../base/glob.ts";
import { bytesOf, byteString, Span } from "../base/span.ts";

/** A path as the operating system's calls want it. */
export function systemPath(path: string): string {
  return new TextDecoder().decode(bytesOf(path));
}

/** Whether a path is one that the operating system's calls can be given. */
export function isOpenable(path: string): boolean {
  return bytePath(systemPath(path)) === path;
}

/**
 * The directory that the program was started in; "." where it has been removed or its name is not in UTF-8:
 * relative paths lead there all the same.
 */
export function currentDirectory(): string {
  try {
    return bytePath(Deno.cwd());
  } catch (error) {
    const isNameless = error instanceof Deno.errors.InvalidData ||
      error instanceof Deno.errors.NotFound;
    if (!isNameless) throw error;
    return ".";
  }
}

/** The bytes of a path that the operating system gave: the inverse of `systemPath`. */
export function bytePath(path: string): string {
  return byteString(new TextEncoder().encode(path));
}

/**
 * `path` as an absolute one; relative paths start at `directory`, or where the process stands if that is
 * empty, as for a server that has no directory.
 */
export function absolutePath(path: string, directory: string): string {
  return path.startsWith("/") ? path : `${directory || "."}/${path}`;
}

/** The bytes of a file as a byte string. Throws what Deno throws. */
export function readByteString(path: string): string {
  return byteString(Deno.readFileSync(systemPath(path)));
}

const WILDCARD = /[*?[]/;

/**
 * The files that an `include` names: itself, or with wildcards those that exist, in the order of their
 * names. A wildcard matches within one part of a path, and a leading dot only if it is written.
 */
export function expandInclude(pattern: string, directory: string): string[] {
  const absolute = absolutePath(pattern, directory);
  if (!WILDCARD.test(pattern)) return [absolute];
  let found = [absolute.startsWith("/") ? "" : "."];
  for (const part of absolute.split("/").slice(1)) {
    found = WILDCARD.test(part)
      ? found.flatMap((parent) => entriesLike(parent, part))
      : found.map((parent) => `${parent}/${part}`).filter(exists);
  }
  return found;
}

function entriesLike(parent: string, pattern: string): string[] {
  const patternBytes = Span.ofString(pattern);
  const names: string[] = [];
  try {
    for (const entry of Deno.readDirSync(systemPath(`${parent}/`))) {
      names.push(bytePath(entry.name));
    }
  } catch (error) {
    // What can't be listed holds nothing that matches, as for glob(3).
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return [];
    }
    if (error instanceof Deno.errors.PermissionDenied) return [];
    throw error;
  }
  return names
    .filter((name) => name[0] !== "." || pattern[0] === ".")
    .filter((name) => matchGlob(patternBytes, Span.ofString(name)))
    .sort()
    .map((name) => `${parent}/${name}`);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(systemPath(path));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}
