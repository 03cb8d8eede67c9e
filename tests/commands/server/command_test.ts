import { assertEquals, assertStringIncludes } from "@std/assert";
import { block, integer, oneOf, string, token } from "../../../src/commands/arguments.ts";
import type { CommandDeclaration } from "../../../src/commands/declaration.ts";
import { syntax } from "../../../src/commands/help.ts";
import { SERVER_COMMANDS } from "../../../src/commands/server/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";
import { type EmbeddedParts, startEmbedded } from "../../support/embedded.ts";

const COMMAND = SERVER_COMMANDS.filter(({ name }) => name === "command");

/** A command with everything that a declaration can say. */
const FULL: CommandDeclaration = {
  name: "full",
  summary: "Summary",
  since: "1.0.0",
  group: "generic",
  complexity: "O(1)",
  arity: -2,
  flags: ["fast", "write", "may_replicate"],
  categories: ["string"],
  tips: ["tip"],
  keys: [
    {
      notes: "Note",
      flags: ["insert", "RW", "incomplete"],
      begin: { type: "keyword", keyword: "KEYS", startFrom: -2 },
      find: { type: "range", lastKey: -1, step: 1, limit: 2 },
    },
    {
      flags: ["RO"],
      begin: { type: "unknown" },
      find: { type: "keynum", keyNumIndex: 0, firstKey: 1, step: 1 },
    },
  ],
  arguments: [
    oneOf("choice", [token("ONE"), token("TWO", { since: "2.0.0" })], { optional: true }),
    block("pair", [string("field"), integer("value")], {
      token: "PAIR",
      multiple: true,
      multipleToken: true,
    }),
    string("old", { deprecatedSince: "3.0.0" }),
  ],
  history: [["2.0.0", "Change"]],
  deprecated: { since: "4.0.0", replacedBy: "`NEW`" },
  systemCommand: true,
  run: ({ reply }) => reply.ok(),
};

const { run } = new CommandHarness([...COMMAND, FULL]);

function simple(...texts: string[]): string {
  return array(...texts.map((text) => `+${text}\r\n`));
}

Deno.test("COMMAND INFO shows flags in Redis' order and leaves out those that Redis does not show", () => {
  const reply = run("COMMAND", "INFO", "Full");
  const begin = array(
    bulk("type"),
    bulk("keyword"),
    bulk("spec"),
    array(bulk("keyword"), bulk("KEYS"), bulk("startfrom"), ":-2\r\n"),
  );
  const find = array(
    bulk("type"),
    bulk("range"),
    bulk("spec"),
    array(bulk("lastkey"), ":-1\r\n", bulk("keystep"), ":1\r\n", bulk("limit"), ":2\r\n"),
  );
  const unknown = array(bulk("type"), bulk("unknown"), bulk("spec"), array());
  const counted = array(
    bulk("type"),
    bulk("keynum"),
    bulk("spec"),
    array(bulk("keynumidx"), ":0\r\n", bulk("firstkey"), ":1\r\n", bulk("keystep"), ":1\r\n"),
  );
  assertEquals(
    reply,
    array(array(
      bulk("full"),
      ":-2\r\n",
      simple("write", "fast", "movablekeys"),
      ":0\r\n",
      ":0\r\n",
      ":0\r\n",
      simple("@write", "@string", "@fast"),
      array(bulk("tip")),
      array(
        array(
          ...[bulk("notes"), bulk("Note"), bulk("flags"), simple("RW", "insert", "incomplete")],
          ...[bulk("begin_search"), begin, bulk("find_keys"), find],
        ),
        array(
          ...[bulk("flags"), simple("RO")],
          ...[bulk("begin_search"), unknown, bulk("find_keys"), counted],
        ),
      ),
      array(),
    )),
  );
});

Deno.test("COMMAND DOCS shows every field that there is something to say about, in Redis' order", () => {
  const field = (name: string, value: string) => bulk(name) + value;
  const map = (...fields: string[]) => `*${2 * fields.length}\r\n${fields.join("")}`;
  const name = (text: string) => field("name", bulk(text));
  const type = (text: string) => field("type", bulk(text));
  assertEquals(
    run("COMMAND", "DOCS", "full", "nosuch"),
    `*2\r\n${bulk("full")}` + map(
      field("summary", bulk("Summary")),
      field("since", bulk("1.0.0")),
      field("group", bulk("generic")),
      field("complexity", bulk("O(1)")),
      field("doc_flags", simple("deprecated", "syscmd")),
      field("deprecated_since", bulk("4.0.0")),
      field("replaced_by", bulk("`NEW`")),
      field("history", array(array(bulk("2.0.0"), bulk("Change")))),
      field(
        "arguments",
        array(
          map(
            name("choice"),
            type("oneof"),
            field("flags", simple("optional")),
            field(
              "arguments",
              array(
                map(name("one"), type("pure-token"), field("token", bulk("ONE"))),
                map(
                  name("two"),
                  type("pure-token"),
                  field("token", bulk("TWO")),
                  field("since", bulk("2.0.0")),
                ),
              ),
            ),
          ),
          map(
            name("pair"),
            type("block"),
            field("token", bulk("PAIR")),
            field("flags", simple("multiple", "multiple_token")),
            field(
              "arguments",
              array(map(name("field"), type("string")), map(name("value"), type("integer"))),
            ),
          ),
          map(name("old"), type("string"), field("deprecated_since", bulk("3.0.0"))),
        ),
      ),
    ),
  );
});

Deno.test("COMMAND LIST shows sub-commands beside their containers", () => {
  assertEquals(
    run("COMMAND", "LIST", "FILTERBY", "PATTERN", "*NT"),
    array(bulk("command|count")),
  );
  assertEquals(run("COMMAND", "LIST", "FILTERBY", "MODULE", "any"), array());
  assertEquals(run("COMMAND", "COUNT"), ":2\r\n");
});

Deno.test("syntax writes a command as Redis' documentation does", () => {
  assertEquals(
    syntax(FULL),
    "FULL [ONE|TWO] PAIR <field> <value> [PAIR <field> <value> ...] <old>",
  );
});

Deno.test("COMMAND HELP shows each sub-command's syntax, and the command itself", () => {
  const help = run("COMMAND", "HELP");
  assertStringIncludes(help, "+(no subcommand)\r\n+    Describes all commands");
  assertStringIncludes(
    help,
    "+LIST [FILTERBY (MODULE <module-name>|ACLCAT <category>|PATTERN <pattern>)]\r\n",
  );
  assertStringIncludes(help, "+INFO [<command-name> [<command-name> ...]]\r\n");
});

Deno.test("ACL CAT lists commands by the names that rules know them by, whatever rename-command says", async () => {
  await using plain = await startEmbedded();
  await using renamed = await startEmbedded({ "rename-command": 'FLUSHALL ""' });
  const commandsOf = async (parts: EmbeddedParts) => {
    const client = await parts.connect();
    return (await client.texts("ACL", "CAT", "dangerous")).sort();
  };
  const names = await commandsOf(renamed);
  assertEquals(names.includes("flushall"), true);
  assertEquals(names, await commandsOf(plain));
});
