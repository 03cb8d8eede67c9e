/** The differential scripts that wait for replication are scripts which redis-server answers alike twice. */

import { assertEquals } from "@std/assert";
import { Pair } from "../differential/pair.ts";
import { parseScripts } from "../differential/script.ts";
import { runOnRightPair } from "../differential/script_file.ts";
import { referenceTest } from "../support/reference.ts";

const DIRECTORY = new URL("scripts_to_come/", import.meta.url);

for (const { name } of Deno.readDirSync(DIRECTORY)) {
  referenceTest(`redis-server answers ${name} as it does another time`, async () => {
    await using pair = await Pair.start({}, true);
    const failures: string[] = [];
    for (const script of parseScripts(name, Deno.readTextFileSync(new URL(name, DIRECTORY)))) {
      for (const protocol of script.settings.protocols) {
        failures.push(...(await runOnRightPair(script, protocol, pair)).failures);
      }
    }
    assertEquals(failures.length, 0, failures.join("\n"));
  });
}
