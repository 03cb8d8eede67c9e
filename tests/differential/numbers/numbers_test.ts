import { referenceTest } from "../../support/reference.ts";
import { Pair } from "../pair.ts";
import { runScript } from "../run_script.ts";
import { parseScripts } from "../script.ts";
import { NUMBER_SCRIPTS, type NumberScript } from "./places.ts";

const SHOWN_FAILURES = 40;

referenceTest(
  "miniredis answers as redis-server does when numbers are at the ends of their types",
  async (t) => {
    await using pair = await Pair.start();
    for (const script of NUMBER_SCRIPTS) {
      await t.step(script.name, async () => {
        const failures: string[] = [];
        for (const parsed of parseScripts("numbers", textOf(script))) {
          for (const protocol of parsed.settings.protocols) {
            failures.push(...(await runScript(parsed, protocol, pair)).failures);
          }
        }
        if (failures.length > 0) throw new Error(failures.slice(0, SHOWN_FAILURES).join("\n"));
      });
    }
  },
);

function textOf({ name, setup = [], parts }: NumberScript): string {
  const lines = [`=== ${name}`, ...setup];
  for (const { numbers, before = [], calls } of parts) {
    for (const number of numbers) {
      for (const call of calls) lines.push(...before, call.replaceAll("$", number));
    }
  }
  return lines.join("\n");
}
