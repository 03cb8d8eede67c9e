/** A set of rules of which all must allow a call: its command, its keys and its channels. */

import { untilNul } from "../base/c_string.ts";
import { toLowerAscii } from "../base/ascii.ts";
import type { ByteRange } from "../base/span.ts";
import type { CommandTable } from "./command.ts";
import type { Call, Denial } from "./call.ts";
import { ChannelRules } from "./channel_rules.ts";
import { CommandRules } from "./command_rules.ts";
import { describeCommandRules } from "./command_rules_text.ts";
import { KeyRules } from "./key_rules.ts";
import { RULE_SYNTAX } from "./rule_error.ts";

/** The rules of a selector as text, by what they are about. */
export interface SelectorTexts {
  readonly commands: string;
  readonly keys: string;
  readonly channels: string;
}

/**
 * Rules of one user, who may have several sets of them, each of which is enough
 * (https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/#selectors).
 */
export class Selector {
  readonly #commands: CommandRules;
  readonly #keys: KeyRules;
  readonly #channels: ChannelRules;

  private constructor(commands: CommandRules, keys: KeyRules, channels: ChannelRules) {
    this.#commands = commands;
    this.#keys = keys;
    this.#channels = channels;
  }

  /** One that allows nothing, or nothing but all channels (`acl-pubsub-default`). */
  static create(table: CommandTable, allowsChannels: boolean): Selector {
    const channels = new ChannelRules();
    channels.setAll(allowsChannels);
    return new Selector(new CommandRules(table), new KeyRules(), channels);
  }

  /** The same rules, to be changed apart from these. */
  copy(): Selector {
    return new Selector(this.#commands.copy(), this.#keys.copy(), this.#channels.copy());
  }

  /** Whether it allows every call. */
  get allowsAll(): boolean {
    return this.#keys.allowsAll && this.#channels.allowsAll && this.#commands.allowsAll;
  }

  get allowsReadingAllKeys(): boolean {
    return this.#keys.allowsReadingAll;
  }

  /** Allows all channels, or none. */
  setAllChannels(allowed: boolean): void {
    this.#channels.setAll(allowed);
  }

  /** Allows no command and no key any more. */
  clear(): void {
    this.#commands.setAll(false);
    this.#keys.setAll(false);
  }

  /** Applies a rule about commands, keys or channels. Throws RuleError, and has changed nothing then. */
  apply(rule: string): void {
    switch (toLowerAscii(untilNul(rule))) {
      case "allkeys":
      case "~*":
        return this.#keys.setAll(true);
      case "resetkeys":
        return this.#keys.setAll(false);
      case "allchannels":
      case "&*":
        return this.#channels.setAll(true);
      case "resetchannels":
        return this.#channels.setAll(false);
      case "allcommands":
        return this.#commands.setAll(true);
      case "nocommands":
        return this.#commands.setAll(false);
    }
    switch (rule[0]) {
      case "~":
      case "%":
        return this.#keys.apply(rule);
      case "&":
        return this.#channels.apply(rule);
      case "+":
      case "-":
        return this.#commands.apply(untilNul(rule));
    }
    throw RULE_SYNTAX;
  }

  /** Why a call is not allowed; null where it is. */
  check(call: Call): Denial | null {
    const { command, args } = call;
    if (!this.#commands.permits(command, args)) return { reason: "command", position: 0 };
    if (!this.#keys.allowsAll) {
      const { keys } = call;
      while (keys.next()) {
        const { position, flags } = keys;
        if (!this.#keys.permits(args.span(position), flags)) return { reason: "key", position };
      }
    }
    const { channels } = command;
    if (channels !== undefined && !this.#channels.allowsAll) {
      const end = channels.areMany ? args.argc : channels.first + 1;
      for (let position = channels.first; position < end; position++) {
        if (!this.#channels.permits(args.span(position), channels.arePatterns)) {
          return { reason: "channel", position };
        }
      }
    }
    return null;
  }

  /** Whether a subscription is allowed. */
  permitsChannel(channel: ByteRange, isPattern: boolean): boolean {
    return this.#channels.permits(channel, isPattern);
  }

  /** The rules as ACL GETUSER shows them. */
  describeParts(): SelectorTexts {
    return {
      commands: describeCommandRules(this.#commands),
      keys: this.#keys.describe(),
      channels: this.#channels.describe(),
    };
  }

  /** The rules in one line, as ACL LIST shows them. */
  describe(): string {
    const { commands, keys, channels } = this.describeParts();
    const words = [keys, this.#channels.allowsAll ? "" : "resetchannels", channels, commands];
    return words.filter((word) => word !== "").join(" ");
  }
}
