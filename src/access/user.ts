/** A user: a name, passwords, and what may be done under that name. */

import { untilNul } from "../base/c_string.ts";
import { toLowerAscii } from "../base/ascii.ts";
import { splitArguments } from "../base/split_arguments.ts";
import { type ByteRange, Span } from "../base/span.ts";
import { Call, type Denial, moreSpecific } from "./call.ts";
import type { CommandTable } from "./command.ts";
import { hashPassword, Passwords } from "./passwords.ts";
import { Selector, type SelectorTexts } from "./selector.ts";

/** What users are made with. */
export interface UserParts {
  readonly table: CommandTable;
  /** Whether new users and selectors may use all channels (`acl-pubsub-default`). */
  readonly allowsChannels: () => boolean;
}

/** What of a user `assign` copies. */
interface UserState {
  isEnabled: boolean;
  needsNoPassword: boolean;
  /** What a rule said about checking values that RESTORE is given. */
  payload: "" | "sanitize-payload" | "skip-sanitize-payload";
  passwords: Passwords;
  /** The first is the user's own, the others were given in parentheses. */
  selectors: readonly [Selector, ...Selector[]];
}

/**
 * A user. A new one is disabled and may do nothing.
 *
 * @example
 * const user = new User("ann", parts);
 * for (const rule of ["on", ">secret", "~cache:*", "+@read"]) user.apply(rule);
 * user.describe(); // on #2bb80d… ~cache:* resetchannels -@all +@read
 */
export class User {
  readonly name: string;
  readonly #parts: UserParts;
  #state: UserState;
  #isUnlimited = false;

  constructor(name: string, parts: UserParts) {
    this.name = name;
    this.#parts = parts;
    this.#state = {
      isEnabled: false,
      needsNoPassword: false,
      payload: "",
      passwords: new Passwords(),
      selectors: [this.#newSelector()],
    };
  }

  /** A user who needs no password and may do everything: the default user unless told otherwise. */
  static unlimited(name: string, parts: UserParts): User {
    const user = new User(name, parts);
    for (const rule of ["on", "nopass", "allkeys", "allchannels", "allcommands"]) user.apply(rule);
    return user;
  }

  /** Whether it may do everything, so that no call need be looked at. */
  get isUnlimited(): boolean {
    return this.#isUnlimited;
  }

  /** Whether one can authenticate as this user. */
  get isEnabled(): boolean {
    return this.#state.isEnabled;
  }

  /** Whether any password will do. */
  get needsNoPassword(): boolean {
    return this.#state.needsNoPassword;
  }

  /** Whether who connects need not authenticate, if this is the default user. */
  get isOpen(): boolean {
    return this.#state.isEnabled && this.#state.needsNoPassword;
  }

  /** Whether RESTORE takes from it what is wrong in a value and clear all the same (`clients`). */
  get skipsSanitizing(): boolean {
    return this.#state.payload === "skip-sanitize-payload";
  }

  /** A user of the same name and rules, to be changed apart from this one. */
  copy(): User {
    const copy = new User(this.name, this.#parts);
    copy.assign(this);
    return copy;
  }

  /** Takes over what another user may do, and its passwords. */
  assign(other: User): void {
    const [own, ...more] = other.#state.selectors;
    this.#state = {
      ...other.#state,
      passwords: other.#state.passwords.copy(),
      selectors: [own.copy(), ...more.map((selector) => selector.copy())],
    };
    this.#isUnlimited = other.#isUnlimited;
  }

  /** Applies a rule. Throws RuleError, and has changed nothing then. */
  apply(rule: string): void {
    if (rule === "") return;
    if (!this.#applyOwn(rule)) this.#state.selectors[0].apply(rule);
    this.#isUnlimited = this.#state.selectors.some((selector) => selector.allowsAll);
  }

  /** Applies a rule that is not about what the user may do; false where it is. */
  #applyOwn(rule: string): boolean {
    const state = this.#state;
    const word = toLowerAscii(untilNul(rule));
    switch (word) {
      case "on":
      case "off":
        state.isEnabled = word === "on";
        return true;
      case "nopass":
      case "resetpass":
        state.needsNoPassword = word === "nopass";
        state.passwords.clear();
        return true;
      case "sanitize-payload":
      case "skip-sanitize-payload":
        state.payload = word;
        return true;
      case "clearselectors":
        state.selectors = [state.selectors[0]];
        return true;
      case "reset":
        this.#reset();
        return true;
    }
    switch (rule[0]) {
      case ">":
        state.passwords.add(hashPassword(Span.ofString(rule.slice(1))));
        state.needsNoPassword = false;
        return true;
      case "#":
        state.passwords.add(rule.slice(1));
        state.needsNoPassword = false;
        return true;
      case "<":
        state.passwords.remove(hashPassword(Span.ofString(rule.slice(1))));
        return true;
      case "!":
        state.passwords.remove(rule.slice(1));
        return true;
      case "(":
        if (!rule.endsWith(")")) return false;
        state.selectors = [...state.selectors, this.#parseSelector(rule.slice(1, -1))];
        return true;
    }
    return false;
  }

  #reset(): void {
    const state = this.#state, [own] = state.selectors;
    state.isEnabled = state.needsNoPassword = false;
    state.payload = "sanitize-payload";
    state.passwords.clear();
    state.selectors = [own];
    own.clear();
    own.setAllChannels(this.#parts.allowsChannels());
  }

  #parseSelector(rules: string): Selector {
    const selector = this.#newSelector();
    // As in Redis, quotes that don't match leave no rules.
    for (const word of splitArguments(rules) ?? []) selector.apply(word);
    return selector;
  }

  #newSelector(): Selector {
    return Selector.create(this.#parts.table, this.#parts.allowsChannels());
  }

  /** Whether a password, or none being needed, and the user's being enabled, let somebody in. */
  accepts(password: ByteRange): boolean {
    const { isEnabled, needsNoPassword, passwords } = this.#state;
    return isEnabled && (needsNoPassword || passwords.match(password));
  }

  /** Why a call is not allowed; null where it is. */
  check(call: Call): Denial | null {
    let worst: Denial | null = null;
    for (const selector of this.#state.selectors) {
      const denial = selector.check(call);
      if (denial === null) return null;
      worst = worst === null ? denial : moreSpecific(denial, worst);
    }
    return worst;
  }

  /** Whether a call is allowed by rules that also let all keys be read: SORT reads keys by patterns. */
  mayReadAllKeys(call: Call): boolean {
    return this.#isUnlimited ||
      this.#state.selectors.some((selector) =>
        selector.allowsReadingAllKeys && selector.check(call) === null
      );
  }

  /** Whether a subscription is allowed, by some of the rules. */
  permitsChannel(channel: ByteRange, isPattern: boolean): boolean {
    return this.#state.selectors.some((selector) => selector.permitsChannel(channel, isPattern));
  }

  /** The words for the user's state, as ACL GETUSER shows them. */
  get flags(): readonly string[] {
    const { isEnabled, needsNoPassword, payload } = this.#state;
    const flags = [isEnabled ? "on" : "off"];
    if (needsNoPassword) flags.push("nopass");
    if (payload !== "") flags.push(payload);
    return flags;
  }

  /** The hashes of its passwords, in hexadecimal. */
  get passwordHashes(): readonly string[] {
    return this.#state.passwords.hashes;
  }

  /** What it may do; the first entry is the user's own, the others are its selectors. */
  describeSelectors(): readonly SelectorTexts[] {
    return this.#state.selectors.map((selector) => selector.describeParts());
  }

  /** The rules in one line, from which the same user can be made. */
  describe(): string {
    const [own, ...more] = this.#state.selectors.map((selector) => selector.describe());
    return [
      ...this.flags,
      ...this.passwordHashes.map((hash) => `#${hash}`),
      own,
      ...more.map((rules) => `(${rules})`),
    ].join(" ");
  }
}

/** Rules with those that belong to one pair of parentheses joined. Throws where one is not closed. */
export function joinSelectors(rules: readonly string[]): string[] {
  const joined: string[] = [];
  let open: string[] = [];
  for (const rule of rules) {
    if (rule.startsWith("(") && !rule.endsWith(")")) {
      // As in Redis, one that was open before is forgotten.
      open = [rule];
    } else if (open.length === 0) {
      joined.push(rule);
    } else {
      open.push(rule);
      if (!rule.endsWith(")")) continue;
      joined.push(open.join(" "));
      open = [];
    }
  }
  if (open.length > 0) throw new UnmatchedParenthesis(open[0]);
  return joined;
}

/** A selector that is not closed. */
export class UnmatchedParenthesis extends Error {
  static {
    this.prototype.name = "UnmatchedParenthesis";
  }

  constructor(rule: string) {
    super(`Unmatched parenthesis in acl selector starting at '${rule}'.`);
  }
}
