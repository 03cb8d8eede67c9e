/** The package, made, packed and installed in empty projects. */

import { makePackage } from "../../npm/package.ts";
import { TempDir } from "../support/temp_dir.ts";

/** How a program ended. */
export interface Outcome {
  readonly code: number;
  /** What it wrote, to either stream. */
  readonly output: string;
}

/** What a program is run with. */
export interface RunOptions {
  readonly cwd: string;
  readonly env?: Record<string, string>;
  /** It is killed after so long, in ms. */
  readonly timeout?: number;
}

/** Runs a program to its end. */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, env, timeout = 240_000 }: RunOptions,
): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    env,
    stdin: "null",
    signal: AbortSignal.timeout(timeout),
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** The same; throws with what it wrote where it does not end with 0. */
export async function runWell(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string> {
  const { code, output } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${output}`);
  return output;
}

/** A file in a package, as npm lists it. */
export interface PackedFile {
  readonly path: string;
  readonly size: number;
  readonly mode: number;
}

/** A packed package. */
export interface Packed {
  /** The tarball. */
  readonly path: string;
  readonly size: number;
  readonly files: readonly PackedFile[];
}

/** Makes and packs the package below a directory; its files are in `package` there. */
export async function pack({ path: directory }: TempDir): Promise<Packed> {
  const made = `${directory}/package`;
  await makePackage(made);
  const args = ["pack", "--json", "--pack-destination", directory];
  const text = await new Deno.Command("npm", { args, cwd: made, stderr: "inherit" }).output();
  const answer: unknown = JSON.parse(new TextDecoder().decode(text.stdout));
  // npm 12 gives an object by name in place of a list.
  const [packed] = Object.values(answer as Record<string, Packed & { readonly filename: string }>);
  return { ...packed, path: `${directory}/${packed.filename}` };
}

const SUITES = new URL("suites/", import.meta.url);

/** An empty project with the package and others installed, and the suites beside them. */
export async function project(
  directory: string,
  packed: Packed,
  packages: readonly string[],
): Promise<string> {
  const path = `${directory}/project`;
  Deno.mkdirSync(path);
  Deno.writeTextFileSync(`${path}/package.json`, '{ "name": "project", "private": true }\n');
  const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", packed.path];
  await runWell("npm", [...args, ...packages], { cwd: path });
  for (const { name } of Deno.readDirSync(SUITES)) {
    // Frameworks look for names like these.
    Deno.copyFileSync(new URL(name, SUITES), `${path}/${name.replace("_suite.", ".test.")}`);
  }
  return path;
}
