/** Which commands the random run generates. */

import { leaves } from "../../support/reply.ts";
import { entries, readCommandDocs } from "../command_docs.ts";
import type { RawClient } from "../../support/raw_client.ts";
import type { Candidate } from "./generator.ts";

/** What works on keys or databases without naming keys. */
const WITHOUT_KEYS = new Set([
  "dbsize",
  "flushall",
  "flushdb",
  "keys",
  "randomkey",
  "scan",
  "swapdb",
]);
/** Groups of commands whose replies are about other things than data, or that are a run of their own. */
const OTHER_GROUPS = new Set(["connection", "pubsub", "scripting", "cluster", "transactions"]);
/** What may block and is never asked to. */
const SELDOM_BLOCKING = new Set(["xread", "xreadgroup"]);
const UNFIT_FLAGS = ["admin", "blocking"];
/** Commands that reach another server, or whose replies tell of memory or of a format of their own. */
const UNFIT = new Set([
  "migrate",
  "restore",
  "restore-asking",
  "dump",
  "memory|usage",
  "pfselftest",
]);

/** A server, and a connection to it. */
interface Asked {
  readonly control: RawClient;
}

/** The commands that both servers have and whose replies can be compared. */
export async function readCandidates(
  { expected, actual }: { readonly expected: Asked; readonly actual: Asked },
): Promise<Candidate[]> {
  const docs = await readCommandDocs(expected.control);
  const groups = new Map<string, string>();
  for (const [name, fields] of entries(await expected.control.call("COMMAND", "DOCS"))) {
    groups.set(name, new Map(entries(fields)).get("group")?.text ?? "");
  }
  const ours = await actual.control.texts("COMMAND", "LIST");
  const candidates: Candidate[] = [];
  for (const name of ours.filter((one) => docs.has(one) && !UNFIT.has(one))) {
    const group = groups.get(name.split("|")[0]) ?? "";
    const info = (await expected.control.call("COMMAND", "INFO", name)).children![0].children!;
    const FLAGS = 2, KEY_SPECIFICATIONS = 8;
    const hasKeys = leaves(info[KEY_SPECIFICATIONS]).length > 0;
    const isUnfit = OTHER_GROUPS.has(group) ||
      (!SELDOM_BLOCKING.has(name) &&
        leaves(info[FLAGS]).some((flag) => UNFIT_FLAGS.includes(flag)));
    if ((hasKeys && !isUnfit) || WITHOUT_KEYS.has(name)) {
      candidates.push({ docs: docs.get(name)!, group });
    }
  }
  return candidates;
}
