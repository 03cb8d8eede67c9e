import { assertEquals, assertThrows } from "@std/assert";
import { formatUserFile, parseUserFile, UserFileError } from "../../src/access/user_file.ts";
import { createUsers } from "./access_harness.ts";

const END =
  "WARNING: ACL errors detected, no change to the previously active ACL rules was performed";

function parse(text: string): string[] {
  const users = createUsers();
  users.replaceAll(parseUserFile(text, "u.acl", (name) => users.create(name)));
  return users.describe();
}

Deno.test("parseUserFile reads users, a line each, and skips empty lines", () => {
  assertEquals(parse("\n  user ann on  ~a +get (~b +set) \r\n\t\nuser bob\n"), [
    "ann on ~a resetchannels -@all +get (~b resetchannels -@all +set)",
    "bob off resetchannels -@all",
    "default on nopass ~* &* +@all",
  ]);
  assertEquals(parse("user default on\n"), ["default on resetchannels -@all"]);
  assertEquals(parse(""), ["default on nopass ~* &* +@all"]);
});

Deno.test("parseUserFile lists all that is wrong in one line, with the place", () => {
  for (
    const [text, ...problems] of [
      ["# comment", "u.acl:1 should start with user keyword followed by the username."],
      ["\nUSER x on", "u.acl:2 should start with user keyword followed by the username."],
      ["user", "u.acl:1 should start with user keyword followed by the username."],
      ["user a\tb on", "'u.acl:1: username 'a\tb' contains invalid characters."],
      ["user a\nuser a", "WARNING: Duplicate user 'a' found on line 2."],
      ["user a foo bar #12 >p <q", "u.acl:1: Syntax error."],
      [
        "user a foo +x bar +y",
        "u.acl:1: Syntax error.",
        "u.acl:1: Error in applying operation '+x': Unknown command or category name in ACL.",
        "u.acl:1: Error in applying operation '+y': Unknown command or category name in ACL.",
      ],
      [
        "user a (~b\nwhat",
        "u.acl:1: Unmatched parenthesis in acl selector starting at '(~b'.",
        "u.acl:2 should start with user keyword followed by the username.",
      ],
    ]
  ) {
    const error = assertThrows(() => parse(text), UserFileError);
    assertEquals(error.message, [...problems, END].join(" "));
  }
});

Deno.test("formatUserFile writes what parseUserFile reads", () => {
  const lines = parse("user ann on >p ~a &b +@all -get (%R~c +select|0)\nuser default off\n");
  assertEquals(parse(formatUserFile(lines)), lines);
});
