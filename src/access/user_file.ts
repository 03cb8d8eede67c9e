/** The file of users (`aclfile`): one line a user, `user ann on >secret ~cache:* +@read`. */

import { hasSpaces, RuleError } from "./rule_error.ts";
import { joinSelectors, UnmatchedParenthesis, type User } from "./user.ts";

const NOTHING_CHANGED =
  "WARNING: ACL errors detected, no change to the previously active ACL rules was performed";

/** A file that holds something else than users; `message` lists all that is wrong, in one line. */
export class UserFileError extends Error {
  static {
    this.prototype.name = "UserFileError";
  }
}

/**
 * The users in a file's text. `path` is for messages, `create` makes a new user.
 * Throws UserFileError.
 */
export function parseUserFile(
  text: string,
  path: string,
  create: (name: string) => User,
): User[] {
  const users = new Map<string, User>();
  const problems: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = trim(line);
    if (trimmed === "") continue;
    const at = `${path}:${index + 1}`;
    const [keyword, name, ...rules] = trimmed.split(" ");
    if (keyword !== "user" || name === undefined) {
      problems.push(`${at} should start with user keyword followed by the username.`);
    } else if (hasSpaces(name)) {
      // The first quote is Redis' own.
      problems.push(`'${at}: username '${name}' contains invalid characters.`);
    } else if (users.has(name)) {
      problems.push(`WARNING: Duplicate user '${name}' found on line ${index + 1}.`);
    } else {
      const user = create(name);
      users.set(name, user);
      problems.push(...applyLine(user, rules.map(trim), at));
    }
  }
  if (problems.length > 0) throw new UserFileError([...problems, NOTHING_CHANGED].join(" "));
  return [...users.values()];
}

/** Applies all rules of a line; says of each unknown name that it is one, of other mistakes only the first. */
function applyLine(user: User, rules: readonly string[], at: string): string[] {
  const problems: string[] = [];
  let saidMistake = false;
  try {
    for (const rule of joinSelectors(rules)) {
      try {
        user.apply(rule);
      } catch (error) {
        if (!(error instanceof RuleError)) throw error;
        if (error.isAboutName) {
          problems.push(`${at}: Error in applying operation '${rule}': ${error.message}.`);
        } else if (!saidMistake) {
          saidMistake = true;
          problems.push(`${at}: ${error.message}.`);
        }
      }
    }
  } catch (error) {
    if (!(error instanceof UnmatchedParenthesis)) throw error;
    problems.push(`${at}: ${error.message}`);
  }
  return problems;
}

function trim(text: string): string {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
}

/** The text of a file of users, from their lines (see `Users.describe`). */
export function formatUserFile(lines: readonly string[]): string {
  return lines.map((line) => `user ${line}\n`).join("");
}
