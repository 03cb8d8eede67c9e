/**
 * The world of function libraries. It is apart from that of EVAL's scripts, and all libraries share it. While
 * a library is loaded it sees a library `redis` in which there is little more than `register_function`, and
 * nothing else; its functions see all that scripts do.
 */

import {
  LuaError,
  type LuaFunction,
  LuaKill,
  type LuaState,
  LuaTable,
  type LuaValue,
  NOTHING,
  TOO_LONG_UNPAUSED,
} from "../lua/mod.ts";
import type { LogLevel } from "../observe/log.ts";
import { ReplyError } from "../base/errors.ts";
import { type EnvironmentOptions, makeEnvironment, makeRefusal } from "./environment.ts";
import { errorText } from "./error_table.ts";
import { fail, makeLoadLibrary, makeRedisLibrary, type ScriptHost } from "./redis_library.ts";
import { readRegistration, type Registration } from "./register_function.ts";

/** How long a library's code may take, in ms. */
const LOAD_LIMIT = 500;

const TIMEOUT = "ERR FUNCTION LOAD timeout";

const CHUNK = "@user_function";

/** Makes functions of the code of libraries. */
export class FunctionWorld {
  readonly state: LuaState;
  /** What chunks find as global variables: nothing, but for what the metatable refers to. */
  readonly #globals = new LuaTable();
  readonly #metatable = new LuaTable();
  /** The global variables while a library is loaded. */
  readonly #loading = new LuaTable();
  /** What was registered, by name; null while nothing is loaded. */
  #registered: Map<string, Registration> | null = null;
  readonly #host: ScriptHost;
  /** Whether a library is loaded for the second time. */
  #isRepeated = false;

  constructor(host: ScriptHost, options: EnvironmentOptions) {
    this.#host = host;
    const log = (level: LogLevel, text: string) => this.#log(level, text);
    const called: ScriptHost = {
      call: (frame) => host.call(frame),
      mayCall: (frame) => host.mayCall(frame),
      setProtocol: (version) => host.setProtocol(version),
      setTargets: (targets) => host.setTargets(targets),
      log,
    };
    this.state = makeEnvironment(makeRedisLibrary(called), options);
    const redis = makeLoadLibrary({ log }, (...args) => this.#register(args));
    redis.metatable = makeRefusal();
    redis.readonly = true;
    this.#loading.set("redis", redis);
    this.#loading.metatable = makeRefusal();
    this.#loading.readonly = true;
    this.#metatable.set("__index", this.state.globals);
    this.#metatable.readonly = true;
    this.#globals.metatable = this.#metatable;
    this.#globals.readonly = true;
  }

  /** What the code of a library registers. Throws `ReplyError`. */
  load(code: string, isLimited: boolean): ReadonlyMap<string, Registration> {
    // Nothing is known of the global variables: the code sees those that there are while it is loaded.
    const trial = this.#run(code, new LuaTable(), isLimited);
    if (trial.size === 0) return trial;
    // It came to its end without any of the others, and without anything left to chance: so it does again,
    // compiled for the world in which its functions will be called.
    this.#isRepeated = true;
    try {
      return this.#run(code, this.state.globals, false);
    } finally {
      this.#isRepeated = false;
    }
  }

  #run(code: string, known: LuaTable, isLimited: boolean): Map<string, Registration> {
    const { budget } = this.state, registered = new Map<string, Registration>();
    const { sliceMilliseconds, unpausableMilliseconds } = budget;
    this.#registered = registered;
    this.#metatable.set("__index", this.#loading);
    budget.sliceMilliseconds = budget.unpausableMilliseconds = isLimited ? LOAD_LIMIT : Infinity;
    try {
      this.#execute(this.#compile(code, known));
      return registered;
    } finally {
      Object.assign(budget, { sliceMilliseconds, unpausableMilliseconds });
      this.#metatable.set("__index", this.state.globals);
      this.#registered = null;
    }
  }

  #compile(code: string, known: LuaTable): LuaFunction {
    try {
      return this.state.compile(code, CHUNK, { globals: this.#globals, known });
    } catch (error) {
      if (!(error instanceof LuaError || error instanceof LuaKill)) throw error;
      const reason = error instanceof LuaError ? error.text : error.reason;
      throw new ReplyError(`ERR Error compiling function: ${reason}`);
    }
  }

  #execute(main: LuaFunction): void {
    const outcome = this.state.run(main);
    switch (outcome.kind) {
      case "done":
        return;
      case "failed":
        throw refused(textOfError(outcome.error));
      case "killed": {
        const { reason } = outcome.kill;
        throw refused(reason === TOO_LONG_UNPAUSED ? TIMEOUT : `ERR ${reason}`);
      }
      case "paused":
        this.state.kill(TIMEOUT);
        throw refused(TIMEOUT);
    }
  }

  #register(args: readonly LuaValue[]): LuaValue[] {
    const registered = this.#registered ??
      fail("ERR redis.register_function can only be called on FUNCTION LOAD command");
    const registration = readRegistration(args);
    if (registered.has(registration.name)) fail("ERR Function already exists in the library");
    registered.set(registration.name, registration);
    return NOTHING;
  }

  #log(level: LogLevel, text: string): void {
    if (!this.#isRepeated) this.#host.log(level, text);
  }
}

function refused(text: string): ReplyError {
  return new ReplyError(`ERR Error registering functions: ${text}`);
}

function textOfError({ value, text }: LuaError): string {
  return value instanceof LuaTable ? errorText(value) ?? "ERR unknown error" : `ERR ${text}`;
}
