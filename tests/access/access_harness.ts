/** A few commands, and users who know them. */

import { type Category, categoryBits } from "../../src/access/categories.ts";
import { type AccessCommand, CommandTable } from "../../src/access/command.ts";
import { Call, type Denial } from "../../src/access/call.ts";
import { type KeyFlag, keyFlagBits } from "../../src/access/key_flags.ts";
import { User } from "../../src/access/user.ts";
import { applyRules, Users } from "../../src/access/users.ts";
import { Frame } from "../../src/resp/frame.ts";

let count = 0;

function command(
  fullName: string,
  categories: readonly Category[],
  more: Partial<AccessCommand> = {},
): AccessCommand {
  return {
    id: count++,
    fullName,
    categoryBits: categoryBits(categories),
    subcommands: [],
    isForEveryone: false,
    findKeys: (_, keys) => keys.clear(),
    ...more,
  };
}

/** All arguments as keys that are used in one way. */
function keys(...flags: KeyFlag[]): Pick<AccessCommand, "findKeys"> {
  return {
    findKeys: (args, keys) => {
      keys.clear();
      keys.add(1, args.argc - 1, 1, keyFlagBits(flags));
    },
  };
}

const oneChannel = { channels: { first: 1, areMany: false, arePatterns: false } };

/** The commands that users of these tests can be allowed. */
export const TABLE = new CommandTable([
  command("get", ["read", "string", "fast"], keys("RO", "access")),
  command("mget", ["read", "string", "fast"], keys("RO", "access")),
  command("exists", ["read", "keyspace", "fast"], keys("RO")),
  command("set", ["write", "string", "slow"], keys("OW", "update")),
  command("getset", ["write", "string", "fast"], keys("RW", "access", "update")),
  command("del", ["write", "keyspace", "slow"], keys("RM", "delete")),
  command("select", ["connection", "fast"]),
  command("auth", ["connection", "fast"], { isForEveryone: true }),
  command("publish", ["pubsub", "fast"], oneChannel),
  command("subscribe", ["pubsub", "slow"], {
    channels: { first: 1, areMany: true, arePatterns: false },
  }),
  command("psubscribe", ["pubsub", "slow"], {
    channels: { first: 1, areMany: true, arePatterns: true },
  }),
  command("config", ["slow"], {
    subcommands: [
      command("config|get", ["admin", "dangerous", "slow"]),
      command("config|set", ["admin", "dangerous", "slow"]),
    ],
  }),
].toSorted((a, b) => a.id - b.id));

/** The users of a server; new ones may use all channels where `allowsChannels` says so. */
export function createUsers(allowsChannels = false): Users {
  return new Users({ table: TABLE, allowsChannels: () => allowsChannels });
}

/** A user with rules, which must be right. */
export function userWith(...rules: string[]): User {
  const user = createUsers().create("ann");
  const problem = applyRules(user, rules);
  if (problem !== null) throw new Error(`${problem.rule}: ${problem.reason}`);
  return user;
}

/** What a user may not do with a call, as `reason argument`; null where it may do it. */
export function denied(user: User, ...args: string[]): string | null {
  const frame = Frame.fromStrings(args);
  const container = TABLE.find(args[0]);
  const command = TABLE.find(`${args[0]}|${args[1]}`) ?? container;
  if (command === undefined) throw new Error(`no command is called ${args[0]}`);
  const denial: Denial | null = user.check(new Call(command, frame));
  return denial === null ? null : `${denial.reason} ${args[denial.position]}`;
}
