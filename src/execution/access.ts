/** Users and their rules in a server: who somebody is, what they may do, and where that is kept. */

import { AccessLog, type Refusal } from "../access/access_log.ts";
import { Call } from "../access/call.ts";
import { CallKeys } from "../access/call_keys.ts";
import { CommandTable } from "../access/command.ts";
import { hasSpaces } from "../access/rule_error.ts";
import { untilNul } from "../base/c_string.ts";
import { joinSelectors, UnmatchedParenthesis, type User } from "../access/user.ts";
import { formatUserFile, parseUserFile, UserFileError } from "../access/user_file.ts";
import { applyRules, Users } from "../access/users.ts";
import type { Clock } from "../base/clock.ts";
import { ReplyError } from "../base/errors.ts";
import { type ByteRange, byteString, Span } from "../base/span.ts";
import type { AccessView } from "../commands/views/access.ts";
import type { ClientView } from "../commands/views/client.ts";
import type { ChannelKind, PubSubView } from "../commands/views/pubsub.ts";
import type { Command, CommandRegistry } from "../commands/registry.ts";
import { ConfigError, type Configuration, type UserLine } from "../config/mod.ts";
import { COMMAND_LINE } from "../config/errors.ts";
import { absolutePath } from "../config/paths.ts";
import type { Log } from "../observe/log.ts";
import { fileErrorText, type FileSystem, readAllSync } from "../persistence/file.ts";
import { replaceFileSync } from "../persistence/replace_file.ts";
import type { Frame } from "../resp/frame.ts";
import type { Session } from "./session.ts";

/** What access rules need of a server. */
export interface AccessParts {
  readonly registry: CommandRegistry;
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly log: Log;
  readonly files: FileSystem;
  readonly clients: Iterable<Session>;
  readonly pubsub: PubSubView;
}

const WRONG_PASSWORD = new ReplyError(
  "WRONGPASS invalid username-password pair or user is disabled.",
);
const NO_KEY = new ReplyError(
  "NOPERM this user has no permissions to access one of the keys used as arguments",
);
const NO_CHANNEL = new ReplyError(
  "NOPERM this user has no permissions to access one of the channels used as arguments",
);
const BAD_NAME = new ReplyError("ERR Usernames can't contain spaces or null characters");
const NO_FILE = new ReplyError(
  "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via " +
    "the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis " +
    "configuration file set) in order to store users in the Redis configuration.",
);
const NOT_SAVED = new ReplyError(
  "ERR There was an error trying to save the ACLs. Please check the server logs for more information",
);
const DEFAULT_STAYS = new ReplyError("ERR The 'default' user cannot be removed");
const FILE_AND_LINES =
  "Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is " +
  "invalid. This setup is very likely to lead to configuration errors and security holes, please " +
  "define either an ACL file or declare users directly in your redis.conf, but not both.";

/** Why EXEC does not run a command that was allowed when it was queued. */
const TAKEN_AWAY = {
  command: "no permission to execute the command or subcommand",
  key: "no permission to touch the specified keys",
  channel: "no permission to access one of the channels used as arguments",
} as const;

/** What the user of a script may not do. */
const DENIED_TO_SCRIPT = {
  command: "can't run this command or subcommand",
  key: "can't access at least one of the keys mentioned in the command arguments",
  channel: "can't publish to the channel mentioned in the command",
} as const;

const CHANNEL_KINDS: readonly ChannelKind[] = ["channel", "pattern", "shard"];

/** Users, rules and what was refused, of one server. */
export class Access implements AccessView {
  readonly users: Users;
  readonly log = new AccessLog();
  readonly #keys = new CallKeys();
  readonly #parts: AccessParts;

  constructor(parts: AccessParts) {
    this.#parts = parts;
    const { settings } = parts.configuration;
    this.users = new Users({
      // Rules use the names that commands have before `rename-command`.
      table: new CommandTable(parts.registry),
      allowsChannels: () => settings["acl-pubsub-default"] === "allchannels",
    });
  }

  /** Makes the users that the configuration asks for. Throws ConfigError. */
  loadConfigured(): void {
    const { configuration } = this.#parts;
    const { settings, userLines } = configuration;
    this.users.setDefaultPassword(settings.requirepass);
    if (settings.aclfile === "") {
      for (const line of userLines) this.#addConfigured(line);
      return;
    }
    const place = configuration.placeOf("aclfile") ?? { file: COMMAND_LINE, line: 0 };
    if (userLines.length > 0) throw new ConfigError(place, "aclfile", FILE_AND_LINES);
    try {
      this.users.replaceAll(this.#readFile());
    } catch (error) {
      if (!(error instanceof UserFileError)) throw error;
      throw new ConfigError(place, "aclfile", error.message);
    }
  }

  #addConfigured({ name, rules, place }: UserLine): void {
    const fail = (reason: string): never => {
      throw new ConfigError(place, "user", `Error in user declaration: ${reason}`);
    };
    if (hasSpaces(name)) fail("Spaces not allowed in ACL usernames");
    const user = this.users.get(name)?.copy() ?? this.users.create(name);
    if (user.name === this.users.default.name) user.apply("reset");
    const problem = applyRules(user, joinOr(rules, fail));
    if (problem !== null) fail(`'${problem.rule}': ${problem.reason}`);
    this.users.put(user);
    if (user.isEnabled) return;
    this.#parts.log.notice(
      `The user '${name}' is disabled (there is no 'on' modifier in the user description). Make ` +
        "sure this is not a configuration error.",
    );
  }

  /** What `requirepass` means: the default user's only password; empty: it needs none. */
  setDefaultPassword(password: string): void {
    this.users.setDefaultPassword(password);
    this.#rightsChanged();
  }

  /** The lines that CONFIG REWRITE puts into the configuration file. */
  get configuredLines(): string[] {
    return this.#parts.configuration.settings.aclfile === "" ? this.users.describe() : [];
  }

  /** Why a client's user may not make a call (`NOPERM`), or null where it may. */
  check(client: Session, command: Command, frame: Frame): ReplyError | null {
    const denial = client.user.check(new Call(command, frame, this.#keys));
    if (denial === null) return null;
    const { reason, position } = denial;
    const object = reason === "command" ? command.fullName : frame.string(position);
    this.#remember(client, frame, reason, object, client.user.name);
    if (client.caller.name === "script") {
      return new ReplyError(`ERR The user executing the script ${DENIED_TO_SCRIPT[reason]}`);
    }
    if (client.transaction.executing) {
      return new ReplyError(
        "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC " +
          `call. This command is no longer allowed for the following reason: ${TAKEN_AWAY[reason]}`,
      );
    }
    if (reason === "key") return NO_KEY;
    if (reason === "channel") return NO_CHANNEL;
    return new ReplyError(
      `NOPERM this user has no permissions to run the '${command.fullName}' command`,
    );
  }

  /** The user that a name and a password mean. Throws `WRONGPASS`. */
  authenticate(client: Session, name: string, password: ByteRange): User {
    const user = this.users.get(name);
    if (user?.accepts(password)) return user;
    const frame = client.runningFrame;
    this.#remember(client, frame, "auth", frame?.string(0) ?? "", name);
    throw WRONG_PASSWORD;
  }

  #remember(
    client: Session,
    frame: Frame | undefined,
    reason: Refusal["reason"],
    object: string,
    username: string,
  ): void {
    const { clock, configuration: { settings } } = this.#parts;
    const { principal } = client, isScript = client.caller.name === "script";
    const context = isScript ? "lua" : client.transaction.active ? "multi" : "toplevel";
    const description = principal.describe(isScript ? undefined : frame);
    const refusal = { reason, context, object, username, client: description } as const;
    this.log.add(refusal, clock.now(), Number(settings["acllog-max-len"]));
  }

  setUser(name: string, rules: readonly string[], caller: ClientView): void {
    if (hasSpaces(name)) throw BAD_NAME;
    const joined = joinOr(rules, (reason) => {
      throw new ReplyError(`ERR ${reason}`);
    });
    const user = this.users.get(name)?.copy() ?? this.users.create(name);
    const problem = applyRules(user, joined);
    if (problem !== null) {
      const rule = untilNul(problem.rule);
      throw new ReplyError(`ERR Error in ACL SETUSER modifier '${rule}': ${problem.reason}`);
    }
    this.users.put(user);
    this.#rightsChanged();
    this.#close(
      (client) =>
        client.isSubscribed && client.user.name === name && !this.#maySubscribe(client, user),
      caller,
    );
  }

  /** Whether a user may have all subscriptions that a client has. */
  #maySubscribe(client: Session, user: User): boolean {
    const { pubsub } = this.#parts;
    return CHANNEL_KINDS.every((kind) =>
      pubsub.subscriptionsOf(client.client, kind).every((name) =>
        user.permitsChannel(Span.ofString(name), kind === "pattern")
      )
    );
  }

  deleteUsers(names: readonly string[], caller: ClientView): number {
    if (names.includes(this.users.default.name)) throw DEFAULT_STAYS;
    const gone = names.map((name) => this.users.remove(name)).filter((user) => user !== undefined);
    this.#closeClientsOf(gone, caller);
    return gone.length;
  }

  load(caller: ClientView): void {
    if (this.#parts.configuration.settings.aclfile === "") throw NO_FILE;
    try {
      // Also who has the same rules as before is another user now.
      this.#closeClientsOf(this.users.replaceAll(this.#readFile()), caller);
      this.#rightsChanged();
    } catch (error) {
      if (!(error instanceof UserFileError)) throw error;
      throw new ReplyError(`ERR ${error.message}`);
    }
  }

  save(): void {
    const { settings } = this.#parts.configuration;
    if (settings.aclfile === "") throw NO_FILE;
    const path = absolutePath(settings.aclfile, settings.dir);
    try {
      replaceFileSync(this.#parts.files, path, formatUserFile(this.users.describe()));
    } catch (error) {
      this.#parts.log.warning(`Can't save the ACL file '${path}': ${fileErrorText(error)}`);
      throw NOT_SAVED;
    }
  }

  /** The users in the file. Throws UserFileError, also where it can't be read. */
  #readFile(): User[] {
    const { files, configuration: { settings: { aclfile, dir } } } = this.#parts;
    let text: string;
    try {
      text = byteString(readAllSync(files, absolutePath(aclfile, dir)));
    } catch (error) {
      throw new UserFileError(
        `Error loading ACLs, opening file '${aclfile}': ${fileErrorText(error)}`,
      );
    }
    return parseUserFile(text, aclfile, (name) => this.users.create(name));
  }

  #rightsChanged(): void {
    for (const client of this.#parts.clients) client.rightsChanged();
  }

  #closeClientsOf(users: readonly User[], caller: ClientView): void {
    const gone = new Set(users);
    this.#close((client) => gone.has(client.user), caller, (client) => client.forgetUser());
  }

  /** Closes clients; the caller is told of what it has done first. */
  #close(
    isMeant: (client: Session) => boolean,
    caller: ClientView,
    before: (client: Session) => void = () => {},
  ): void {
    for (const client of [...this.#parts.clients].filter(isMeant)) {
      before(client);
      if (client.client === caller) caller.closeAfterReply();
      else client.disconnect();
    }
  }
}

/** Rules with selectors joined; `fail` is told where one is not closed. */
function joinOr(rules: readonly string[], fail: (reason: string) => never): string[] {
  try {
    return joinSelectors(rules);
  } catch (error) {
    if (!(error instanceof UnmatchedParenthesis)) throw error;
    return fail(error.message);
  }
}
