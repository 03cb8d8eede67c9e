/** What sets commands apart in the server agrees with what they say of themselves. */

import { assertEquals } from "@std/assert";
import { ALL_COMMANDS } from "../../src/commands/mod.ts";
import { type Command, CommandBit, CommandRegistry } from "../../src/commands/registry.ts";

const COMMANDS = [...new CommandRegistry(ALL_COMMANDS)]
  .flatMap((command) => [command, ...command.subcommands]);

function namesWhere(isMeant: (command: Command) => boolean): string[] {
  return COMMANDS.filter(isMeant).map(({ fullName }) => fullName);
}

const has = (bits: number) => ({ flags }: Command) => (flags & bits) !== 0;

/** O(1) altogether or for each thing that is given, which lies in the call's bytes. */
const SHORT = /^O\(1\)($| for each (field|element|member|ID))/;

Deno.test("commands on data are marked quick when their complexity is O(1), and only then", () => {
  const shouldBe = namesWhere(({ declaration, flags }) =>
    SHORT.test(declaration.complexity ?? "") &&
    (flags & (CommandBit.Write | CommandBit.ReadOnly)) !== 0 &&
    // A bit may stand anywhere, and a string grow up to there.
    declaration.group !== "bitmap" &&
    // A library has as many functions as it likes.
    declaration.group !== "scripting"
  );
  assertEquals(namesWhere(({ quickUpTo }) => quickUpTo === Infinity), shouldBe);
});

Deno.test("few other commands are quick, where few arguments say that they have little to do", () => {
  const quick = namesWhere(({ quickUpTo }) => quickUpTo > 0 && quickUpTo !== Infinity);
  const shouldBe = ["lpop", "rpop", "spop", "xadd", "zadd", "zincrby", "zpopmax", "zpopmin"];
  assertEquals(quick.sort(), shouldBe);
  const upTo = (name: string, argc: number) =>
    COMMANDS.some((command) => command.fullName === name && argc <= command.quickUpTo);
  // ZPOPMIN key, ZPOPMIN key count; XADD key * field value, XADD key MAXLEN n * field value
  assertEquals([upTo("zpopmin", 2), upTo("zpopmin", 3)], [true, false]);
  assertEquals([upTo("xadd", 5), upTo("xadd", 7)], [true, false]);
});

Deno.test("CLIENT's sub-commands, and no others, are not what CLIENT CACHING speaks of", () => {
  const shouldBe = namesWhere(({ container }) => container?.name === "client");
  assertEquals(namesWhere(has(CommandBit.KeepsCaching)), shouldBe);
});

Deno.test("a command's only key stands where COMMAND INFO says that there is one", () => {
  for (const { firstKey, declaration, fullName } of COMMANDS) {
    const [spec, ...more] = declaration.keys ?? [];
    const isSingle = spec !== undefined && more.length === 0 && spec.begin.type === "index" &&
      spec.find.type === "range" && spec.find.lastKey === 0 && !spec.flags.includes("not_key");
    assertEquals(firstKey, isSingle ? spec.begin.index : 0, fullName);
  }
});

Deno.test("a registry remembers commands that have other names now, or none", () => {
  const registry = new CommandRegistry(ALL_COMMANDS);
  const before = [...registry.originals];
  assertEquals(registry.rename("flushall", ""), null);
  assertEquals(registry.rename("keys", "mykeys"), null);
  assertEquals(registry.originals, before);
  assertEquals(registry.size, before.length - 1);
});
