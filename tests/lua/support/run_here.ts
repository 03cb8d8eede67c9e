/** Runs Lua programs on our own engine. */

import { untilNul } from "../../../src/base/c_string.ts";
import {
  callNow,
  first,
  LuaError,
  type LuaFunction,
  LuaState,
  openStandardLibraries,
} from "../../../src/lua/mod.ts";
import { hashWholeStrings } from "../../../src/lua/runtime/string_hash.ts";
import type { StateOptions } from "../../../src/lua/mod.ts";

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** A state with the standard libraries and a `print` that writes to `output`. */
export class PrintingState {
  output = "";
  pauses = 0;
  readonly state: LuaState;

  constructor(options: StateOptions = {}) {
    this.state = new LuaState(options);
    openStandardLibraries(this.state, { cpuSeconds });
    const toText = this.state.globals.get("tostring") as LuaFunction;
    this.state.register("print", (...args) => {
      // As in lua5.1: each argument takes a call, and fputs ends a text at a NUL.
      const texts = args.map((value) => untilNul(String(first(callNow(toText, value)))));
      this.output += texts.join("\t") + "\n";
      return [];
    });
  }

  /** Runs a program to its end; an error is printed after "ERROR ". */
  run(text: string, name = "=program"): string {
    let main: LuaFunction;
    try {
      main = this.state.compile(text, name);
    } catch (error) {
      if (!(error instanceof LuaError)) throw error;
      this.output += `ERROR ${error.text}\n`;
      return this.output;
    }
    // As in lua5.1, which runs a program within two calls of C: its own, and the driver's pcall.
    const pcall = this.state.globals.get("pcall") as LuaFunction;
    let outcome = this.state.run(pcall, pcall, main);
    while (outcome.kind === "paused") {
      this.pauses++;
      outcome = this.state.resume();
    }
    if (outcome.kind !== "done") this.output += `${outcome.kind}\n`;
    else if (outcome.values[1] !== true) {
      this.output += `ERROR ${new LuaError(outcome.values[2]).text}\n`;
    }
    return this.output;
  }
}

/** What a program prints, on tables as `lua5.1` has them. */
export function runHere(text: string): string {
  hashWholeStrings(false);
  try {
    return new PrintingState().run(text);
  } finally {
    hashWholeStrings(true);
  }
}
