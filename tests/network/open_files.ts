/** Whether a test can have very many connections. */

/** How many files this process may have open; Deno raises its own limit to the hard one. */
export function openFileLimit(): number {
  const { stdout } = new Deno.Command("sh", { args: ["-c", "ulimit -Hn"] }).outputSync();
  const text = new TextDecoder().decode(stdout).trim();
  return text === "unlimited" ? Infinity : Number(text);
}
