/** The runtimes that the package is tried on. */

import { skippedTest } from "../support/required_test.ts";
import { amount, longTest } from "../support/long_test.ts";

/** One of them, and how it runs programs and tests. */
export interface Runtime {
  readonly name: string;
  /** The program. */
  readonly program: string;
  /** What its program is given to run a file of tests with its own framework. */
  readonly testArguments: readonly string[];
  /** What a program is run with that wants to collect garbage. */
  readonly gcArguments: readonly string[];
}

/** Where a program of npm is, once npm has put it somewhere. */
async function npmProgram(specifier: string, name: string): Promise<string> {
  const args = ["-y", `--package=${specifier}`, name, "-e", "console.log(process.execPath)"];
  return (await runText("npx", args)).trim();
}

async function runText(program: string, args: readonly string[]): Promise<string> {
  const output = await new Deno.Command(program, { args: [...args], stderr: "inherit" }).output();
  if (!output.success) throw new Error(`${program} ${args.join(" ")} ends with ${output.code}`);
  return new TextDecoder().decode(output.stdout);
}

const ON_NODE = { testArguments: ["--test"], gcArguments: ["--expose-gc"] } as const;

/** Each by name: found, or fetched from npm, when it is asked for. */
export const RUNTIMES: Readonly<Record<string, () => Promise<Runtime>>> = {
  "Node as installed": async () => {
    const program = (await runText("node", ["-p", "process.execPath"])).trim();
    return { name: "node", program, ...ON_NODE };
  },
  "Node 24": async () => ({
    name: "node24",
    program: await npmProgram("node@24", "node"),
    ...ON_NODE,
  }),
  "Bun": async () => ({
    name: "bun",
    program: await npmProgram("bun@1.4.5", "bun"),
    testArguments: ["test", "--timeout=60000"],
    gcArguments: [],
  }),
};

/** Whether Node and npm are there. */
const HAS_NODE = await hasNode();

async function hasNode(): Promise<boolean> {
  try {
    await runText("npm", ["--version"]);
    return true;
  } catch {
    return false;
  }
}

/** Registers a test that needs Node and npm; for CI they are required. */
export function nodeTest(name: string, run: () => Promise<void>): void {
  if (HAS_NODE || Deno.env.get("CI") === "true") Deno.test(name, run);
  else skippedTest("it needs node and npm", name, run);
}

/** Registers one for full runs, for each runtime. */
export function runtimeTests(name: string, run: (runtime: Runtime) => Promise<void>): void {
  for (const [title, find] of Object.entries(RUNTIMES)) {
    longTest(`${name} (${title})`, async () => await run(await find()));
  }
}

/** Whether this run is a full one. */
export const isFull: boolean = amount({ quick: false, full: true, long: true });
