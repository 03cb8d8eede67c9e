/** The commands that the fuzz run makes up calls of: all that both servers have, but for the excluded ones. */

import { entries, readCommandDocs } from "../command_docs.ts";
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
  const ours = await actual.texts("COMMAND", "LIST");
  const candidates: Candidate[] = [];
  for (const name of ours) {
    const described = docs.get(name);
    if (described === undefined || EXCLUDED.has(name)) continue;
    candidates.push({ docs: described, group: groups.get(name.split("|")[0]) ?? "" });
  }
  return candidates;
}
