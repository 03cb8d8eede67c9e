/** Scripts that pause wherever they can do what others do. */

import { assert, assertEquals } from "@std/assert";
import { expand, type Script } from "../differential/script.ts";
import { readScripts } from "../differential/script_file.ts";
import { type EmbeddedParts, startEmbedded } from "../support/embedded.ts";
import type { RawClient } from "../support/raw_client.ts";
import { leaves } from "../support/reply.ts";
import { hear } from "./slow_scripts.ts";

const FILES = ["scripting", "scripting_rules", "scripting_replies"];
/** What is told of the server's own time and memory. */
const VARIES = /^(info|slowlog|latency|memory|time|script kill|client)\b/i;

/** Scripts pause in loops: one stands before each of their calls. */
const CALLS = /\bredis\.(call|pcall)\(/g;
const PAUSING_CALL = "(function(...) for _ = 1, 2 do end return redis.$1(...) end)";

/** Plays a script's commands: each with its reply, and then all that was propagated. */
async function play(parts: EmbeddedParts, script: Script): Promise<string[]> {
  const heard = hear(parts);
  const clients = new Map<number, RawClient>();
  const captured = new Map<string, string>();
  const lines: string[] = [];
  for (const [name, value] of script.settings.config) {
    await (await parts.connect()).texts("CONFIG", "SET", name, value);
  }
  for (const { action, connection, capture, masks } of script.steps) {
    if (action.kind !== "command") continue;
    const client = clients.get(connection) ?? await parts.connect();
    clients.set(connection, client);
    const args = action.args.map((arg) => expand(arg, { captured, index: 0, now: 0 }));
    if (/^(eval(_ro)?|script)$/i.test(args[0])) {
      args.forEach((arg, i) => args[i] = arg.replace(CALLS, `${PAUSING_CALL}(`));
    }
    const reply = await client.call(...args);
    if (capture !== undefined) captured.set(capture, leaves(reply).join(" "));
    lines.push(`${args.join(" ")} => ${masks.length > 0 ? reply.type : reply.raw}`);
  }
  return [...lines, ...heard];
}

/** Whether all that a script does can be compared, and is done one after the other. */
function isPlain({ steps, settings: { start } }: Script): boolean {
  return Object.keys(start).length === 0 &&
    steps.every(({ action }) => action.kind === "command" && !VARIES.test(action.args.join(" ")));
}

Deno.test("scripts that pause wherever they can reply and propagate what others do", async () => {
  const scripts = FILES.flatMap(readScripts).filter(isPlain);
  assert(scripts.length >= 10, `${scripts.length} scripts`);
  let slow = 0;
  for (const script of scripts) {
    await using usual = await startEmbedded();
    await using pausing = await startEmbedded({ "busy-reply-threshold": "0" });
    pausing.server.scriptRunner.pace = { fastUnits: 1, slowUnits: 1, slice: 0 };
    assertEquals(await play(pausing, script), await play(usual, script), script.name);
    slow += pausing.log.filter((line) => line.includes("Slow script detected")).length;
    assert(!usual.log.some((line) => line.includes("Slow script detected")));
  }
  assert(slow > scripts.length, `${slow} slow scripts`);
});
