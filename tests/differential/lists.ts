/** The explicit lists beside the harness: what is still to come. */

/**
 * Reads a list: one entry a line, `#` starts a comment. Returns the entries, sorted; throws if one is
 * there twice.
 */
export function readList(name: string): string[] {
  const text = Deno.readTextFileSync(new URL(name, import.meta.url));
  const entries = text.split("\n").map((line) => line.replace(/#.*/, "").trim()).filter(Boolean);
  if (new Set(entries).size !== entries.length) throw new Error(`${name} has an entry twice`);
  return entries.sort();
}
