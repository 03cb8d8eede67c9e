/** Some of the scripts again, with TLS between: what travels is the same. */

import { Certificates, missingOpenssl } from "../support/certificates.ts";
import { missingReference } from "../support/reference.ts";
import { requiredTest } from "../support/required_test.ts";
import { Pair } from "./pair.ts";
import { runScript } from "./run_script.ts";
import { readScripts } from "./script_file.ts";

/** Messages that nobody asked for, clients that wait, and malformed requests. */
const FILES = ["pubsub", "transactions", "protocol"];

requiredTest(
  missingOpenssl() ?? missingReference(),
  "miniredis answers over TLS as redis-server does",
  async (t) => {
    await using certificates = await Certificates.create();
    const server = await certificates.sign("server");
    await using pair = await Pair.start();
    for (const side of pair.sides) await side.useTls(server, certificates.caCert);
    for (const file of FILES) {
      await t.step(file, async () => {
        const failures: string[] = [];
        for (const script of readScripts(file)) {
          if (Object.keys(script.settings.start).length > 0) continue;
          for (const protocol of script.settings.protocols) {
            failures.push(...(await runScript(script, protocol, pair)).failures);
          }
        }
        if (failures.length > 0) throw new Error(failures.slice(0, 20).join("\n"));
      });
    }
  },
);
