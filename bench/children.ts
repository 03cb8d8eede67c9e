/** Child processes and temporary directories that never outlive the benchmark, whatever happens. */

const processes = new Set<Deno.ChildProcess>();
const directories = new Set<string>();

/** The most that is kept of what a child writes, in characters: the end of it. */
const KEPT_OUTPUT = 16 * 1024;

/**
 * Starts a child process. Where `setpriv` (util-linux) is installed, the system kills the child should
 * this process be killed itself; its pid is that of the command either way.
 */
export function startChild(command: readonly string[]): Child {
  const [program, ...args] = dieWithParent(command);
  const process = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  processes.add(process);
  return new Child(process);
}

/** A running child process. */
export class Child {
  /** The end of what it has written so far, standard output and error. */
  output = "";
  /** Ends when the process has; it tells the exit code. All output is there then. */
  readonly ended: Promise<number>;
  readonly #process: Deno.ChildProcess;

  constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.ended = this.#untilEnd();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Kills the process and waits until it is gone. */
  async kill(): Promise<void> {
    if (processes.has(this.#process)) killProcess(this.#process);
    await this.ended;
  }

  async #untilEnd(): Promise<number> {
    const { stdout, stderr, status } = this.#process;
    await Promise.all([this.#collect(stdout), this.#collect(stderr)]);
    const { code } = await status;
    processes.delete(this.#process);
    return code;
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.output = (this.output + text).slice(-KEPT_OUTPUT);
    }
  }
}

/** A fresh temporary directory, removed at the end of the benchmark at the latest. */
export function makeDirectory(): string {
  const path = Deno.makeTempDirSync({ prefix: "miniredis-bench-" });
  directories.add(path);
  return path;
}

export function removeDirectory(path: string): void {
  directories.delete(path);
  Deno.removeSync(path, { recursive: true });
}

/** Ends all children and removes all directories, at once. */
export function cleanUp(): void {
  for (const process of processes) killProcess(process);
  for (const path of directories) removeDirectory(path);
}

/** Cleans up when a signal ends the benchmark. */
export function cleanUpOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => {
      cleanUp();
      Deno.exit(130);
    });
  }
}

function killProcess(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch (error) {
    // It may have ended by itself meanwhile.
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}

function dieWithParent(command: readonly string[]): readonly string[] {
  return hasSetpriv() ? ["setpriv", "--pdeathsig", "KILL", "--", ...command] : command;
}

let setpriv: boolean | undefined;

function hasSetpriv(): boolean {
  setpriv ??= Deno.env.get("PATH")?.split(":").some((directory) => {
    try {
      return Deno.statSync(`${directory}/setpriv`).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }) ?? false;
  return setpriv;
}
