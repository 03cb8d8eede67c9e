/** A program that has as many files open as it may, and opens more through what gives up a reserve; see file_test.ts. */

import { DescriptorReserve, isOutOfDescriptors } from "../../src/base/descriptor_reserve.ts";
import { fileSink } from "../../src/observe/log.ts";
import { DenoFileSystem } from "../../src/persistence/file.ts";

const [directory] = Deno.args;

/** Opens files until the system refuses; returns what closes them again. */
function takeAll(): () => void {
  const files: Deno.FsFile[] = [];
  try {
    for (;;) files.push(Deno.openSync("/dev/null"));
  } catch (error) {
    if (!isOutOfDescriptors(error)) throw error;
  }
  return () => files.forEach((file) => file.close());
}

for (
  const [name, act] of [
    ["create", (files) => files.openSync(`${directory}/a`, "create").close()],
    ["append", (files) => files.openSync(`${directory}/b`, "append").close()],
    ["read", (files) => files.openSync(`${directory}/a`, "read").close()],
    ["list", (files) => console.log(files.readDirSync(directory).length > 0)],
    ["sync", (files) => files.syncDirSync(directory)],
    ["sync later", (files) => files.syncDir(directory)],
    ["log", (_, reserve) => fileSink(`${directory}/log`, reserve)("a line\n")],
  ] as [string, (files: DenoFileSystem, reserve: DescriptorReserve) => void | Promise<void>][]
) {
  const reserve = new DescriptorReserve();
  reserve.hold();
  reserve.givenUp = () => console.log(`${name}: given up`);
  const release = takeAll();
  await act(new DenoFileSystem(reserve), reserve);
  release();
}
