/** The stream of every differential script is the same from both servers. */

import { assertEquals } from "@std/assert";
import { Pair } from "../differential/pair.ts";
import { runScript } from "../differential/run_script.ts";
import type { Script } from "../differential/script.ts";
import { readScripts, scriptFiles, stillToCome } from "../differential/script_file.ts";
import { amount } from "../support/long_test.ts";
import { referenceTest } from "../support/reference.ts";
import { combinations } from "./topology.ts";
import { STREAM_DIRECTIVES, StreamComparison } from "./stream_bytes.ts";

/** Of how many scripts one is run. */
const ONE_OF = amount({ quick: 25, full: 1, long: 1 });

async function compareOn(script: Script, protocol: 2 | 3, pair: Pair, streams: StreamComparison) {
  const { skipAof, aofMasks } = script.settings;
  if (skipAof !== undefined || endsServers(script) || changesRoles(script)) return [];
  // What is replied tells of the replica, which the scripts don't know: only the stream counts here.
  const { difference } = await streams.compare(() => runScript(script, protocol, pair), aofMasks);
  const label = `${script.file}:${script.line} (RESP${protocol}): ${script.name}`;
  return difference === undefined ? [] : [`${label}: ${difference}`];
}

async function compare(script: Script, protocol: 2 | 3, pair: Pair, streams: StreamComparison) {
  const { start } = script.settings;
  if (Object.keys(start).length === 0) return await compareOn(script, protocol, pair, streams);
  await using own = await Pair.start({ ...STREAM_DIRECTIVES, ...start }, pair.isReferenceTwice);
  await using ownStreams = await StreamComparison.attach(own, start.requirepass);
  return await compareOn(script, protocol, own, ownStreams);
}

/** A server that has ended can't be asked how much it has sent. */
function endsServers({ steps }: Script): boolean {
  return steps.some(({ action }) => "args" in action && /^shutdown$/i.test(action.args[0]));
}

/** Nothing is streamed by what is no primary any more, or hands over to the replica that listens. */
function changesRoles({ steps }: Script): boolean {
  return steps.some(({ action }) =>
    "args" in action && /^(replicaof|slaveof|failover|p?sync)$/i.test(action.args[0])
  );
}

for (const [implementation] of combinations(["primary"])) {
  referenceTest(
    `the streams of redis-server and of ${implementation} have the same bytes for the differential scripts`,
    async (t) => {
      await using pair = await Pair.start(STREAM_DIRECTIVES, implementation === "redis");
      await using streams = await StreamComparison.attach(pair);
      let number = 0;
      for (const name of scriptFiles()) {
        const scripts = readScripts(name).filter(() => number++ % ONE_OF === 0);
        await t.step(name, async () => {
          const failures: string[] = [];
          for (const script of scripts.filter((one) => stillToCome(one).length === 0)) {
            // What is streamed does not depend on the protocol of who asked for it.
            const [protocol] = script.settings.protocols;
            failures.push(...await compare(script, protocol, pair, streams));
          }
          assertEquals(failures.length, 0, failures.join("\n"));
        });
      }
    },
  );
}
