import { assertEquals } from "@std/assert";
import { ReplyError } from "../../src/base/errors.ts";
import { GET, GETDEL } from "../../src/commands/string/get.ts";
import { EXEC, MULTI } from "../../src/commands/transactions/mod.ts";
import { Command, CommandBit } from "../../src/commands/registry.ts";
import { Admission, type AdmissionRule } from "../../src/execution/admission.ts";
import { type Caller, CLIENT, REPLAY, TRANSACTION } from "../../src/execution/caller.ts";
import type { Session } from "../../src/execution/session.ts";
import { Frame } from "../../src/resp/frame.ts";

const A = 1 << 0, B = 1 << 1, C = 1 << 2;

/** Rules that note that they were asked; `C` concerns commands that write. */
function createAdmission() {
  let id = 0;
  const commands = new Map(
    [GET, GETDEL, MULTI, EXEC].map((
      declaration,
    ) => [declaration.name, new Command(declaration, () => id++)]),
  );
  const asked: string[] = [];
  const refusals = new Set<string>();
  const rule = (name: string, bit: number, mask = ~0): AdmissionRule => ({
    bit,
    concerns: (flags) => (flags & mask) !== 0,
    check: () => {
      asked.push(name);
      return refusals.has(name) ? new ReplyError(`ERR ${name}`) : null;
    },
  });
  const rules = [rule("a", A), rule("b", B), rule("c", C, CommandBit.Write)];
  const admission = new Admission(rules, commands.values());
  const admit = (
    name: string,
    { caller = { ...CLIENT, rules: A | B | C }, restrictions = 0, queued = 0 }: {
      caller?: Caller;
      restrictions?: number;
      queued?: number;
    } = {},
  ) => {
    const command = commands.get(name)!;
    // As much of a session as admission looks at.
    const session = {
      caller,
      restrictions,
      transaction: { flagsOf: () => command.flags | queued },
    } as unknown as Session;
    const verdict = admission.admit(session, command, Frame.fromStrings([name]));
    return [verdict instanceof ReplyError ? verdict.message : verdict, ...asked.splice(0)];
  };
  return { admission, admit, refusals };
}

Deno.test("Admission asks no rule when none is in force", () => {
  const { admit } = createAdmission();
  assertEquals(admit("get"), [null]);
  assertEquals(admit("exec", { queued: CommandBit.Write }), [null]);
});

Deno.test("Admission asks rules in their order until one refuses", () => {
  const { admission, admit, refusals } = createAdmission();
  for (const bit of [C, B, A]) admission.setInForce(bit, true);
  assertEquals(admit("getdel"), [null, "a", "b", "c"]);
  refusals.add("b").add("c");
  assertEquals(admit("getdel"), ["ERR b", "a", "b"]);
  admission.setInForce(B, false);
  assertEquals(admit("getdel"), ["ERR c", "a", "c"]);
  assertEquals(admit("get"), [null, "a"]);
});

Deno.test("Admission asks a rule that is in force for one session alone", () => {
  const { admit, refusals } = createAdmission();
  refusals.add("a");
  assertEquals(admit("get", { restrictions: A }), ["ERR a", "a"]);
  assertEquals(admit("get"), [null]);
});

Deno.test("Admission asks the rules that its caller is subject to", () => {
  const { admission, admit, refusals } = createAdmission();
  refusals.add("a").add("b");
  admission.setInForce(A | B | C, true);
  assertEquals(admit("getdel", { caller: { ...TRANSACTION, rules: C } }), [null, "c"]);
  assertEquals(admit("getdel", { caller: REPLAY }), [null]);
});

Deno.test("Admission asks of EXEC what its queue would be asked", () => {
  const { admission, admit, refusals } = createAdmission();
  refusals.add("c");
  admission.setInForce(C, true);
  assertEquals(admit("exec"), [null]);
  assertEquals(admit("exec", { queued: CommandBit.Write }), ["ERR c", "c"]);
});
