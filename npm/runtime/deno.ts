/** What the server uses of the namespace `Deno`. A test looks whether that is all. */

export { errors } from "./errors.ts";
export {
  chmodSync,
  linkSync,
  lstatSync,
  makeTempDirSync,
  mkdirSync,
  open,
  openSync,
  readDirSync,
  readFileSync,
  readLinkSync,
  readTextFileSync,
  realPathSync,
  remove,
  removeSync,
  renameSync,
  SeekMode,
  statSync,
  writeTextFileSync,
} from "./files.ts";
export { listen } from "./listeners.ts";
export { connect } from "./sockets.ts";
export {
  addSignalListener,
  args,
  build,
  cwd,
  env,
  execPath,
  exit,
  kill,
  memoryUsage,
  osRelease,
  permissions,
  pid,
  stderr,
  stdin,
  stdout,
  systemMemoryInfo,
  version,
} from "./system.ts";

/** Nobody can send to a Unix socket of datagrams here. */
export const listenDatagram = undefined;
