/** What can be wrong with a directive, in the file, on the command line or in CONFIG SET. */

/**
 * A value that a directive can't take. `message` is the bare reason ("argument must be a memory value");
 * who knows where the value came from wraps it in a ConfigError or an error reply. An `onChange` hook
 * throws one to refuse a change.
 */
export class ValueError extends Error {
  static {
    this.prototype.name = "ValueError";
  }
}

/** Where a line of configuration stands. */
export interface Place {
  /** The file's name, or "command line". */
  readonly file: string;
  /** Counted from 1; 0 on the command line. */
  readonly line: number;
}

/** The `file` of directives that were given as flags. */
export const COMMAND_LINE = "command line";

/** A configuration that the server can't start with. `message` is one line. */
export class ConfigError extends Error {
  static {
    this.prototype.name = "ConfigError";
  }

  constructor(
    readonly place: Place,
    /** The directive's name as it was written, or "" where the line holds none. */
    readonly directive: string,
    readonly reason: string,
  ) {
    const where = place.line > 0 ? `${place.file} line ${place.line}` : place.file;
    const about = directive === "" ? where : `${where}: '${directive}'`;
    super(escapeControls(`${about}: ${reason}`));
  }
}

function escapeControls(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  return text.replace(/[\x00-\x1f\x7f]/g, (character) => {
    return "\\x" + character.charCodeAt(0).toString(16).padStart(2, "0");
  });
}

/** Why a path can't be used, whatever is there. */
export const NOT_OPENABLE = "the path is not in UTF-8, and Deno opens no other";

/**
 * What the C library calls an error of the file system ("No such file or directory"), as Redis shows it.
 * Errors that are not of the file system are thrown on.
 */
export function systemErrorText(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  const text = /^(.*?) \(os error \d+\)/.exec(error.message);
  if (text !== null) return text[1];
  if (error instanceof Deno.errors.NotFound) return "No such file or directory";
  if (error instanceof Deno.errors.NotADirectory) return "Not a directory";
  if (error instanceof Deno.errors.InvalidData) return NOT_OPENABLE;
  if (error instanceof Deno.errors.NotCapable) return "Permission denied";
  throw error;
}
