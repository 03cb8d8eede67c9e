import { assert, assertEquals, assertThrows } from "@std/assert";
import { NodesFile, NodesFileInUse } from "../../src/cluster/nodes_file.ts";
import { readNodesText } from "../../src/cluster/node_lines.ts";
import { DenoFileSystem } from "../../src/persistence/file.ts";
import { freePort } from "../support/free_port.ts";
import { EIO, FaultyFileSystem } from "../support/faulty_file_system.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { TempDir } from "../support/temp_dir.ts";
import { settings } from "./cluster_settings.ts";

Deno.test("NodesFile keeps what was written", () => {
  using dir = TempDir.createSync();
  const files = new DenoFileSystem();
  const file = NodesFile.open(files, dir.path, "nodes.conf");
  assertEquals(file.read(), "");
  file.write("one", true);
  file.write("three", false);
  assertEquals(file.read(), "three");
  file.close();
  const again = NodesFile.open(files, dir.path, `${dir.path}/nodes.conf`);
  assertEquals(again.read(), "three");
  again.close();
  assertEquals(files.readDirSync(dir.path), ["nodes.conf"]);
});

Deno.test("NodesFile can be opened once at a time, also after it was written", () => {
  using dir = TempDir.createSync();
  const files = new DenoFileSystem();
  const file = NodesFile.open(files, dir.path, "nodes.conf");
  const refused = () =>
    assertThrows(() => NodesFile.open(files, dir.path, "nodes.conf"), NodesFileInUse);
  refused();
  file.write("text", true);
  refused();
  file.close();
  NodesFile.open(files, dir.path, "nodes.conf").close();
});

Deno.test("NodesFile has the old text or the new one after a power cut, and the new one when told so", () => {
  for (let steps = 0;; steps++) {
    const files = new FaultyFileSystem();
    files.put("dir/nodes.conf", "old");
    const file = NodesFile.open(files, "dir", "nodes.conf");
    files.cutPowerAt(steps);
    let isDone = false;
    try {
      file.write("new", true);
      isDone = true;
    } catch {
      // The power is off.
    }
    files.powerCycle({ names: steps % 2 === 0 });
    const text = NodesFile.open(files, "dir", "nodes.conf").read();
    assert(isDone ? text === "new" : text === "old" || text === "new", `${steps}: ${text}`);
    if (isDone) break;
  }
});

Deno.test("NodesFile stays as it was, and locked, where it can't be written", () => {
  for (const operation of ["write", "sync", "rename"] as const) {
    const files = new FaultyFileSystem();
    files.put("dir/nodes.conf", "old");
    const file = NodesFile.open(files, "dir", "nodes.conf");
    files.fail(operation, EIO, 1);
    assertThrows(() => file.write("new", true), Error, EIO);
    assertEquals(file.read(), "old");
    assertThrows(() => NodesFile.open(files, "dir", "nodes.conf"), NodesFileInUse);
    file.write("new", true);
    assertEquals(file.read(), "new");
  }
});

referenceTest(
  "NodesFile and redis-server refuse each other's nodes.conf, and read it later",
  async () => {
    await using dir = await TempDir.create();
    const files = new DenoFileSystem(), name = "nodes.conf";
    const directives = { "cluster-enabled": "yes" };
    {
      await using redis = await startReference({ dir: dir.path, directives });
      const client = await redis.connect();
      await client.call("CLUSTER", "ADDSLOTSRANGE", "5", "100");
      assertThrows(() => NodesFile.open(files, dir.path, name), NodesFileInUse);
    }
    const file = NodesFile.open(files, dir.path, name);
    const state = readNodesText(file.read(), settings(), 1);
    assertEquals(state.myself.slots.size, 96);
    for (const write of [() => {}, () => file.write(file.read(), true)]) {
      write();
      const port = String(freePort());
      const { stdout } = await new Deno.Command("redis-server", {
        args: ["--port", port, "--dir", dir.path, "--cluster-enabled", "yes"],
      }).output();
      const log = new TextDecoder().decode(stdout);
      assert(log.includes(new NodesFileInUse(name).message), log);
    }
    file.close();
    await using redis = await startReference({ dir: dir.path, directives });
    const client = await redis.connect();
    const { text } = await client.call("CLUSTER", "NODES");
    assert(text?.includes(" 5-100"), text);
  },
);
