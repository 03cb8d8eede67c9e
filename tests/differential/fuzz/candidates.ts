/** The commands that the fuzz run makes up calls of: all that both servers have, but for the excluded ones. */

import { type Argument, type CommandDocs, entries, readCommandDocs } from "../command_docs.ts";
import type { Pair } from "../pair.ts";
import type { Candidate } from "../random/generator.ts";
import { EXCLUDED } from "./excluded.ts";

/** Reads them from the servers. */
export async function readFuzzCandidates({ expected, actual }: Pair): Promise<Candidate[]> {
  const docs = await readCommandDocs(expected.control);
  const groups = new Map<string, string>();
  for (const [name, fields] of entries(await expected.control.call("COMMAND", "DOCS"))) {
    groups.set(name, new Map(entries(fields)).get("group")?.text ?? "");
  }
  const theirs = await expected.texts("COMMAND", "LIST");
  const stray = [...EXCLUDED.keys()].filter((name) => !theirs.includes(name));
  if (stray.length > 0) throw new Error(`excluded, but no commands: ${stray.join(" ")}`);
  const ours = await actual.texts("COMMAND", "LIST");
  const candidates: Candidate[] = [];
  for (const name of ours) {
    const described = docs.get(name);
    if (described === undefined || EXCLUDED.has(name)) continue;
    const group = groups.get(name.split("|")[0]) ?? "";
    candidates.push({ docs: described, group, weight: weightOf(described, group) });
  }
  return candidates;
}

/** What has no keys comes less often, what has no arguments, or needs a cluster, hardly ever. */
function weightOf({ arguments: list }: CommandDocs, group: string): number | undefined {
  if (list.length === 0 || group === "cluster") return 0.5;
  return hasKeys(list) ? undefined : 3;
}

function hasKeys(list: readonly Argument[]): boolean {
  return list.some((one) => one.type === "key" || hasKeys(one.arguments));
}
