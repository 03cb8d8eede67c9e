import { assert, assertEquals, assertFalse } from "@std/assert";
import { adoptKeys, firstState } from "../../src/cluster/first_state.ts";
import { NodesFile } from "../../src/cluster/nodes_file.ts";
import { FaultyFileSystem } from "../support/faulty_file_system.ts";
import { settings } from "./cluster_settings.ts";

function start(files: FaultyFileSystem) {
  const log: string[] = [], note = (line: string) => void log.push(line);
  const file = NodesFile.open(files, "dir", "nodes.conf");
  const state = firstState(file, settings(), {
    log: { debug: note, verbose: note, notice: note, warning: note },
    now: () => 1,
    newId: () => "a".repeat(40),
  });
  file.close();
  return { state, log };
}

Deno.test("a node without nodes.conf has a name of its own, which survives a power cut", () => {
  const files = new FaultyFileSystem();
  files.put("dir/x", "");
  assertEquals(start(files).log, [`No cluster configuration found, I'm ${"a".repeat(40)}`]);
  files.powerCycle();
  const { state, log } = start(files);
  assertEquals(log, [`Node configuration loaded, I'm ${"a".repeat(40)}`]);
  assert(state.myself.isPrimary);
});

Deno.test("a primary takes the slots of its keys that nobody has, and imports those that others have", () => {
  const files = new FaultyFileSystem(), b = "b".repeat(40);
  files.put(
    "dir/nodes.conf",
    `${"a".repeat(40)} 127.0.0.1:1@2 myself,master - 0 0 1 connected 0-99\n` +
      `${b} 127.0.0.1:3@4 master - 0 0 2 connected 200-300\n`,
  );
  const { state } = start(files);
  const lines: string[] = [], log = { warning: (line: string) => void lines.push(line) };
  const keys = { has: (slot: number) => [5, 150, 250].includes(slot) };
  assert(adoptKeys(state, keys, log));
  assertEquals(state.owner(150), state.myself);
  assertEquals([...state.importing].map(([slot, { id }]) => [slot, id]), [[250, b]]);
  assertEquals(lines, [
    "I have keys for unassigned slot 150. Taking responsibility for it.",
    "I have keys for slot 250, but the slot is assigned to another node. Setting it to importing state.",
  ]);
  assertFalse(adoptKeys(state, keys, log));
});
