/** Deno's errors, of what `node:` modules throw: the same classes, and the same words. */

import { constants } from "node:os";

/** The system's numbers of errors, by name. */
const NUMBERS: Readonly<Record<string, number | undefined>> = constants.errno;

class SystemError extends Error {
  static {
    this.prototype.name = "SystemError";
  }

  /** The system's name for it: `ENOENT`. */
  readonly code: string;

  constructor(message = "", code = "") {
    super(message);
    this.code = code;
  }
}

/** A class of errors of the name that Deno gives it. */
function errorClass(name: string) {
  return class extends SystemError {
    static {
      Object.defineProperty(this, "name", { value: name });
      this.prototype.name = name;
    }
  };
}

/** Those classes of `Deno.errors` that come up here. */
export const errors = {
  AddrInUse: errorClass("AddrInUse"),
  AddrNotAvailable: errorClass("AddrNotAvailable"),
  AlreadyExists: errorClass("AlreadyExists"),
  BadResource: errorClass("BadResource"),
  BrokenPipe: errorClass("BrokenPipe"),
  Busy: errorClass("Busy"),
  ConnectionAborted: errorClass("ConnectionAborted"),
  ConnectionRefused: errorClass("ConnectionRefused"),
  ConnectionReset: errorClass("ConnectionReset"),
  Interrupted: errorClass("Interrupted"),
  InvalidData: errorClass("InvalidData"),
  IsADirectory: errorClass("IsADirectory"),
  NotADirectory: errorClass("NotADirectory"),
  /** Never thrown: there are no permissions. */
  NotCapable: errorClass("NotCapable"),
  NotConnected: errorClass("NotConnected"),
  NotFound: errorClass("NotFound"),
  NotSupported: errorClass("NotSupported"),
  PermissionDenied: errorClass("PermissionDenied"),
  TimedOut: errorClass("TimedOut"),
  UnexpectedEof: errorClass("UnexpectedEof"),
};

/** By code: the class, if it is one of `errors`, and what C's `strerror` says. */
const KNOWN: Readonly<Record<string, readonly [keyof typeof errors | null, string]>> = {
  EACCES: ["PermissionDenied", "Permission denied"],
  EADDRINUSE: ["AddrInUse", "Address already in use"],
  EADDRNOTAVAIL: ["AddrNotAvailable", "Cannot assign requested address"],
  EAFNOSUPPORT: [null, "Address family not supported by protocol"],
  EBADF: ["BadResource", "Bad file descriptor"],
  EBUSY: ["Busy", "Device or resource busy"],
  ECONNABORTED: ["ConnectionAborted", "Software caused connection abort"],
  ECONNREFUSED: ["ConnectionRefused", "Connection refused"],
  ECONNRESET: ["ConnectionReset", "Connection reset by peer"],
  EDQUOT: [null, "Disk quota exceeded"],
  EEXIST: ["AlreadyExists", "File exists"],
  EFBIG: [null, "File too large"],
  EHOSTUNREACH: [null, "No route to host"],
  EINVAL: [null, "Invalid argument"],
  EIO: [null, "Input/output error"],
  EISDIR: ["IsADirectory", "Is a directory"],
  ELOOP: [null, "Too many levels of symbolic links"],
  EMFILE: [null, "Too many open files"],
  EMLINK: [null, "Too many links"],
  ENAMETOOLONG: [null, "File name too long"],
  ENETDOWN: [null, "Network is down"],
  ENETUNREACH: [null, "Network is unreachable"],
  ENFILE: [null, "Too many open files in system"],
  ENODEV: [null, "No such device"],
  ENOENT: ["NotFound", "No such file or directory"],
  ENOMEM: [null, "Cannot allocate memory"],
  ENOSPC: [null, "No space left on device"],
  ENOTCONN: ["NotConnected", "Transport endpoint is not connected"],
  ENOTDIR: ["NotADirectory", "Not a directory"],
  ENOTEMPTY: [null, "Directory not empty"],
  ENXIO: [null, "No such device or address"],
  EPERM: ["PermissionDenied", "Operation not permitted"],
  EPIPE: ["BrokenPipe", "Broken pipe"],
  EPROTONOSUPPORT: [null, "Protocol not supported"],
  EROFS: [null, "Read-only file system"],
  ETIMEDOUT: ["TimedOut", "Connection timed out"],
  ETXTBSY: ["Busy", "Text file busy"],
  EXDEV: [null, "Invalid cross-device link"],
};

/** What errors of `node:` tell beside their message. */
interface NodeError {
  readonly message: string;
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly path?: unknown;
  /** Where several addresses of a name were tried. */
  readonly errors?: readonly unknown[];
}

/** The error of Deno for one of `node:`, told by what it says and not by its class, which may be another realm's. */
export function translate(error: unknown): Error {
  if (error instanceof SystemError) return error;
  if (typeof error !== "object" || error === null) return new SystemError(String(error));
  const { message, code, syscall, path, errors: several } = error as NodeError;
  if (several !== undefined && several.length > 0) return translate(several[0]);
  const name = typeof code === "string" ? code : "";
  if (name === "ERR_STREAM_DESTROYED") return new errors.Interrupted("operation canceled", name);
  if (name === "ERR_INVALID_ARG_VALUE") return new errors.InvalidData(message, name);
  const [kind, text] = KNOWN[name] ?? [null, null];
  const what = text ?? message;
  const number = NUMBERS[name] === undefined ? "" : ` (os error ${NUMBERS[name]})`;
  const where = typeof path === "string" ? `: ${String(syscall)} '${path}'` : "";
  return new (kind === null ? SystemError : errors[kind])(`${what}${number}${where}`, name);
}

/** Runs what throws errors of `node:`, and throws Deno's. */
export function translating<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw translate(error);
  }
}

/** The same for what takes its time. */
export async function translatingLater<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw translate(error);
  }
}
