/** What the server uses of `node:process`; `getBuiltinModule` is younger than Node 20. */

import process from "node:process";

/** That of the bundle, a module of CommonJS. */
declare const require: (name: string) => unknown;

export default {
  get title(): string {
    return process.title;
  },
  set title(title: string) {
    process.title = title;
  },
  cpuUsage: (): NodeJS.CpuUsage => process.cpuUsage(),
  getBuiltinModule: (name: string): unknown =>
    process.getBuiltinModule === undefined ? require(name) : process.getBuiltinModule(name),
};
