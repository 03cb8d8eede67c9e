/** What can be wrong with a rule. */

/** A rule that can't be had. `message` is the bare reason, which the caller puts into its own frame. */
export class RuleError extends Error {
  static {
    this.prototype.name = "RuleError";
  }

  /** Whether the rule names a command or a category that doesn't exist. */
  get isAboutName(): boolean {
    return this === UNKNOWN_COMMAND;
  }
}

/** The rule makes no sense. */
export const RULE_SYNTAX: RuleError = new RuleError("Syntax error");
/** Nothing is called as the rule says. */
export const UNKNOWN_COMMAND: RuleError = new RuleError(
  "Unknown command or category name in ACL",
);
/** A rule such as `+config|get|x`. */
export const FIRST_ARGUMENT_OF_SUBCOMMAND: RuleError = new RuleError(
  "Allowing first-arg of a subcommand is not supported",
);
/** A pattern of keys for somebody who may use all. */
export const AFTER_ALL_KEYS: RuleError = new RuleError(
  "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any " +
    "effect. Try 'resetkeys' to start with an empty list of patterns",
);
/** A pattern of channels for somebody who may use all. */
export const AFTER_ALL_CHANNELS: RuleError = new RuleError(
  "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have " +
    "any effect. Try 'resetchannels' to start with an empty list of channels",
);
/** `<` or `!` with a password that the user does not have. */
export const NO_SUCH_PASSWORD: RuleError = new RuleError(
  "The password you are trying to remove from the user does not exist",
);
/** `#` or `!` with what can't be the hash of a password. */
export const NOT_A_HASH: RuleError = new RuleError(
  "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters",
);

/** Whether a name or pattern holds white space or NUL, which the text form of rules can't show. */
export function hasSpaces(text: string): boolean {
  return /[\0\t-\r ]/.test(text);
}
