/** Random rules, given to redis-server and to users of ours who know redis-server's commands. */

import { assertEquals } from "@std/assert";
import { untilNul } from "../../src/base/c_string.ts";
import { joinSelectors, UnmatchedParenthesis, type User } from "../../src/access/user.ts";
import { applyRules, Users } from "../../src/access/users.ts";
import { Random } from "../support/random.ts";
import { amount, seedOf } from "../support/long_test.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { leaves } from "../support/reply.ts";
import { readCommandTable } from "./reference_commands.ts";
import { RuleSource } from "./rule_source.ts";

const ROUNDS = amount({ quick: 600, full: 20_000, long: 20_000 });

referenceTest("random rules are taken, refused and described as by redis-server", async () => {
  await using reference = await startReference();
  const client = await reference.connect();
  const table = await readCommandTable(client);
  const seed = seedOf("random rules");
  const random = new Random(seed);
  const source = new RuleSource(random, table);
  let allowsChannels = false;
  const users = new Users({ table, allowsChannels: () => allowsChannels });
  const history: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    if (random.chance(0.1)) {
      users.remove("u");
      await client.texts("ACL", "DELUSER", "u");
      allowsChannels = random.chance(0.5);
      const value = allowsChannels ? "allchannels" : "resetchannels";
      await client.texts("CONFIG", "SET", "acl-pubsub-default", value);
      history.splice(0, Infinity, `acl-pubsub-default ${value}`);
    }
    const rules = source.rules();
    history.push(rules.map((rule) => JSON.stringify(rule)).join(" "));
    const place = `MINIREDIS_SEED=${seed}, round ${round}:\n${history.join("\n")}`;
    const reply = await client.call("ACL", "SETUSER", "u", ...rules);
    assertEquals(setUser(users, rules), reply.text, place);
    const user = users.get("u");
    const fields = leaves(await client.call("ACL", "GETUSER", "u"));
    assertEquals(user === undefined ? [""] : describe(user), inOneOrder(fields), place);
    const lines = await client.texts("ACL", "LIST");
    assertEquals(users.describe().map((line) => sorted(`user ${line}`)), lines.map(sorted), place);
  }
});

/** What ACL SETUSER does, and says. */
function setUser(users: Users, rules: readonly string[]): string {
  const user = users.get("u")?.copy() ?? users.create("u");
  try {
    const problem = applyRules(user, joinSelectors(rules));
    if (problem !== null) {
      return `ERR Error in ACL SETUSER modifier '${untilNul(problem.rule)}': ${problem.reason}`;
    }
  } catch (error) {
    if (!(error instanceof UnmatchedParenthesis)) throw error;
    return `ERR ${error.message}`;
  }
  users.put(user);
  return "OK";
}

/** What ACL GETUSER says. */
function describe(user: User): string[] {
  const [own, ...selectors] = user.describeSelectors();
  const texts = ({ commands, keys, channels }: typeof own) => {
    return ["commands", commands, "keys", keys, "channels", channels];
  };
  return inOneOrder([
    ...["flags", ...user.flags, "passwords", ...user.passwordHashes],
    ...texts(own),
    "selectors",
    ...selectors.flatMap(texts),
  ]);
}

/** Texts of which those that list commands have them in one order: redis-server's is random. */
function inOneOrder(texts: readonly string[]): string[] {
  return texts.map((text, i) => texts[i - 1] === "commands" ? sorted(text) : text);
}

function sorted(text: string): string {
  return text.split(/(?<=\s)|(?=\))/).map((word) => word.trim()).sort().join(" ");
}
