import { assertEquals, assertThrows } from "@std/assert";
import { Call } from "../../src/access/call.ts";
import { RuleError } from "../../src/access/rule_error.ts";
import { joinSelectors, UnmatchedParenthesis } from "../../src/access/user.ts";
import { Span } from "../../src/base/span.ts";
import { Frame } from "../../src/resp/frame.ts";
import { createUsers, denied, TABLE, userWith } from "./access_harness.ts";

Deno.test("User may do nothing when it is new", () => {
  const user = userWith();
  assertEquals(user.describe(), "off resetchannels -@all");
  assertEquals(denied(user, "get", "k"), "command get");
  assertEquals(denied(user, "auth", "x"), null);
  assertEquals(user.accepts(Span.ofString("")), false);
});

Deno.test("User may run commands, categories and sub-commands that rules name, the last rule counting", () => {
  const user = userWith(
    "allkeys",
    "+@read",
    "-exists",
    "+CONFIG|get",
    "+config|set",
    "-config|set",
  );
  assertEquals(denied(user, "get", "k"), null);
  assertEquals(denied(user, "exists", "k"), "command exists");
  assertEquals(denied(user, "set", "k"), "command set");
  assertEquals(denied(user, "config", "get"), null);
  assertEquals(denied(user, "config", "set"), "command config");
  const other = userWith("allkeys", "+@all", "-config", "+config|set");
  assertEquals(denied(other, "config", "get"), "command config");
  assertEquals(denied(other, "config", "set"), null);
  assertEquals(denied(other, "get", "k"), null);
});

Deno.test("User may run a command with first arguments that rules name", () => {
  const user = userWith("+select|0", "+select|Ab");
  assertEquals(denied(user, "select", "0"), null);
  assertEquals(denied(user, "select", "aB"), null);
  assertEquals(denied(user, "select", "1"), "command select");
  assertEquals(denied(user, "select"), "command select");
});

Deno.test("User may use keys as patterns and their permissions say", () => {
  const user = userWith("+@all", "%R~r*", "%W~w*", "~b?");
  assertEquals(denied(user, "get", "r"), null);
  assertEquals(denied(user, "get", "w"), "key w");
  assertEquals(denied(user, "set", "w"), null);
  assertEquals(denied(user, "del", "r"), "key r");
  assertEquals(denied(user, "getset", "b1"), null);
  assertEquals(denied(user, "getset", "w"), "key w");
  assertEquals(denied(user, "exists", "w", "r"), null);
  assertEquals(denied(user, "mget", "r", "b1", "b12"), "key b12");
});

Deno.test("User may use both ways a key that one pattern lets it read and the same pattern write", () => {
  assertEquals(denied(userWith("+@all", "%R~k", "%W~k"), "getset", "k"), null);
  assertEquals(denied(userWith("+@all", "%R~k*", "%W~k"), "getset", "k"), "key k");
});

Deno.test("User may use channels that match, and patterns of channels that are the same", () => {
  const user = userWith("+@all", "&a*", "&b");
  assertEquals(denied(user, "publish", "ab", "text"), null);
  assertEquals(denied(user, "publish", "c", "ab"), "channel c");
  assertEquals(denied(user, "subscribe", "ab", "b", "c"), "channel c");
  assertEquals(denied(user, "psubscribe", "a*"), null);
  assertEquals(denied(user, "psubscribe", "ab"), "channel ab");
  assertEquals(user.permitsChannel(Span.ofString("a*"), true), true);
  assertEquals(user.permitsChannel(Span.ofString("a"), true), false);
});

Deno.test("User may do what one selector allows as a whole, and is told the most specific denial", () => {
  const user = userWith("~a", "+set", "(~b +get)", "(~c ~d +get)");
  assertEquals(denied(user, "set", "a"), null);
  assertEquals(denied(user, "get", "b"), null);
  assertEquals(denied(user, "get", "a"), "key a");
  assertEquals(denied(user, "get", "c", "d", "b"), "key b");
  assertEquals(denied(user, "publish", "x"), "command publish");
  assertEquals(denied(userWith("+publish", "(+get ~*)"), "publish", "x"), "channel x");
});

Deno.test("User is unlimited only while nothing is kept from it", () => {
  const user = userWith("allkeys", "allchannels", "allcommands");
  assertEquals(user.isUnlimited, true);
  for (const [taken, given] of [["-get", "+get"], ["resetkeys", "~*"], ["resetchannels", "&*"]]) {
    user.apply(taken);
    assertEquals(user.isUnlimited, false, taken);
    user.apply(given);
    assertEquals(user.isUnlimited, true, given);
  }
  assertEquals(userWith("(~* &* +@all)").isUnlimited, true);
  assertEquals(userWith("%RW~*", "&*", "+@all").isUnlimited, false);
});

Deno.test("User may read all keys where the rules that allow the call say so", () => {
  const mayRead = (...rules: string[]) => {
    const get = TABLE.find("get");
    if (get === undefined) throw new Error("GET is missing");
    return userWith(...rules).mayReadAllKeys(new Call(get, Frame.fromStrings(["get", "k"])));
  };
  assertEquals(mayRead("+get", "~*"), true);
  assertEquals(mayRead("+get", "%R~*"), true);
  assertEquals(mayRead("+get", "%W~*", "~k"), false);
  assertEquals(mayRead("+get", "~k", "(~* +set)"), false);
  assertEquals(mayRead("+get", "~k", "(%R~* +get)"), true);
});

Deno.test("User accepts each of its passwords while it is enabled, and any with nopass", () => {
  const user = userWith("on", ">p", ">\xff\0");
  const accepts = (password: string) => user.accepts(Span.ofString(password));
  assertEquals(["p", "\xff\0", "q", ""].map(accepts), [true, true, false, false]);
  user.apply("<p");
  assertEquals(accepts("p"), false);
  user.apply("nopass");
  assertEquals(accepts("anything"), true);
  user.apply("off");
  assertEquals(accepts("anything"), false);
  assertEquals(user.passwordHashes, []);
});

Deno.test("User's copy changes apart from it, and assign takes a copy over", () => {
  const user = userWith("on", ">p", "~a", "+get", "(~b +set)");
  const before = user.describe(), copy = user.copy();
  assertEquals(copy.describe(), before);
  for (const rule of ["off", ">q", "~c", "+del", "+select|0", "&x", "clearselectors"]) {
    copy.apply(rule);
  }
  assertEquals(user.describe(), before);
  user.assign(copy);
  assertEquals(user.describe(), copy.describe());
  copy.apply("reset");
  assertEquals(denied(user, "get", "c"), null);
});

Deno.test("User stays as it was when a rule can't be had", () => {
  const user = userWith("on", "~a", "+get", "(~b +set)");
  const before = user.describe();
  for (
    const rule of [
      ...["what", "+nosuch", "-nosuch", "+@nosuch", "+config|nosuch", "+get|", "-select|0", "+"],
      ...["%~a", "%X~a", "%RR~a", "~a b", "~a\tb", "&a b", "&\0", "#12", "!12", "<p"],
      ...["(on)", "(~c (~d))", "(+nosuch)", "(~* ~a)", "\0"],
    ]
  ) {
    assertThrows(() => user.apply(rule), RuleError, undefined, rule);
    assertEquals(user.describe(), before, rule);
  }
});

Deno.test("Users keep the default user, whose password is requirepass", () => {
  const users = createUsers();
  assertEquals(users.describe(), ["default on nopass ~* &* +@all"]);
  assertEquals(users.remove("default"), undefined);
  users.setDefaultPassword("p");
  assertEquals(users.default.isOpen, false);
  assertEquals(users.default.accepts(Span.ofString("p")), true);
  users.setDefaultPassword("");
  assertEquals(users.default.isOpen, true);
  const { default: before } = users;
  before.apply("-get");
  const ann = users.create("ann");
  users.put(ann);
  assertEquals(users.replaceAll([users.create("Zoe"), users.create("bob")]), [ann]);
  assertEquals([...users].map(({ name }) => name), ["Zoe", "bob", "default"]);
  assertEquals(users.default, before);
  assertEquals(before.isUnlimited, true);
});

Deno.test("joinSelectors joins what stands in parentheses, and says what is not closed", () => {
  assertEquals(joinSelectors(["on", "(~a", "+get", "~b)", "(x)", "~c"]), [
    "on",
    "(~a +get ~b)",
    "(x)",
    "~c",
  ]);
  assertEquals(joinSelectors(["(", "(~a", ")"]), ["(~a )"]);
  const error = assertThrows(() => joinSelectors(["on", "(~a", "+get"]), UnmatchedParenthesis);
  assertEquals(error.message, "Unmatched parenthesis in acl selector starting at '(~a'.");
});
