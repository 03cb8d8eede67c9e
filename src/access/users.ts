/** All users of a server. */

import { RuleError } from "./rule_error.ts";
import { User, type UserParts } from "./user.ts";

/** The name of the user as whom every connection begins. */
export const DEFAULT_USER = "default";

/** The users by name. There is always a default user, and it is always the same object. */
export class Users {
  readonly #parts: UserParts;
  /** As whom every connection begins. */
  readonly default: User;
  readonly #byName = new Map<string, User>();

  constructor(parts: UserParts) {
    this.#parts = parts;
    this.default = User.unlimited(DEFAULT_USER, parts);
    this.#byName.set(DEFAULT_USER, this.default);
  }

  get(name: string): User | undefined {
    return this.#byName.get(name);
  }

  /** In the order of their names' bytes. */
  [Symbol.iterator](): IterableIterator<User> {
    const names = [...this.#byName.keys()].sort();
    return names.map((name) => this.#byName.get(name) as User).values();
  }

  /** A new user, which is not yet one of these. */
  create(name: string): User {
    return new User(name, this.#parts);
  }

  /** A user who may do everything and is none of these: the server itself. */
  createUnlimited(): User {
    return User.unlimited(DEFAULT_USER, this.#parts);
  }

  /** Adds a user, or gives the user of that name the same rules and passwords. */
  put(user: User): void {
    const existing = this.#byName.get(user.name);
    if (existing === undefined) this.#byName.set(user.name, user);
    else existing.assign(user);
  }

  /** Removes a user by name, and returns it; undefined where there is none. The default user stays. */
  remove(name: string): User | undefined {
    const user = this.#byName.get(name);
    if (user === undefined || user === this.default) return undefined;
    this.#byName.delete(name);
    return user;
  }

  /**
   * Puts other users in place of all; a default user that is not among them becomes as it was at first.
   * Returns those who are not there any more, which are all but the default user.
   */
  replaceAll(users: Iterable<User>): User[] {
    const gone = [...this.#byName.values()].filter((user) => user !== this.default);
    this.#byName.clear();
    this.#byName.set(DEFAULT_USER, this.default);
    this.default.assign(this.createUnlimited());
    for (const user of users) this.put(user);
    return gone;
  }

  /** What `requirepass` means: the default user's only password; empty: it needs none. */
  setDefaultPassword(password: string): void {
    this.default.apply("resetpass");
    this.default.apply(password === "" ? "nopass" : `>${password}`);
  }

  /** The users as lines of `user` directives without that word: `default on nopass ~* &* +@all`. */
  describe(): string[] {
    return Array.from(this, (user) => `${user.name} ${user.describe()}`);
  }
}

/** Applies rules one by one; returns the first that can't be had, with the reason. */
export function applyRules(
  user: User,
  rules: readonly string[],
): { rule: string; reason: string } | null {
  for (const rule of rules) {
    try {
      user.apply(rule);
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      return { rule, reason: error.message };
    }
  }
  return null;
}
