/** What the program may do, by deno.json: no more than its source uses, and nobody is asked for more. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { permittedCommand } from "../support/miniredis_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { PATIENCE } from "../support/wait_for.ts";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

/** The flags of `deno run`, without the program. */
const FLAGS = permittedCommand().filter((word) => word.startsWith("--"));

Deno.test("the tasks start, dev and compile give the same permissions, narrow ones", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${PROJECT}deno.json`));
  const given = ["start", "dev", "compile"].map((task) =>
    tasks[task].command.match(/(?<= )--(?:allow-|no-)\S+/g)
  );
  assertEquals(given[1], given[0]);
  assertEquals(given[2], given[0]);
  assertEquals([...given[0]].sort(), [
    "--allow-env=NOTIFY_SOCKET,UPSTART_JOB",
    "--allow-net",
    "--allow-read",
    "--allow-sys=osRelease,systemMemoryInfo",
    "--allow-write",
    "--no-prompt",
    "--no-remote",
  ]);
});

Deno.test("the source asks the system for nothing that the permissions don't name", async () => {
  const used = new Set<string>();
  const named =
    /Deno\.(hostname|osRelease|osUptime|loadavg|networkInterfaces|systemMemoryInfo|uid|gid|Command|dlopen|run)\b/g;
  for await (const path of sources(`${PROJECT}src/`)) {
    for (const [, name] of (await Deno.readTextFile(path)).matchAll(named)) used.add(name);
  }
  assertEquals([...used].sort(), ["osRelease", "systemMemoryInfo"]);
});

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield folder + name;
  }
}

Deno.test({
  name: "the program asks nobody for permissions when it runs in a terminal",
  // The executable has its permissions compiled in; what it lacks can't be taken from it here.
  ignore: Deno.env.has("MINIREDIS_BINARY"),
  async fn() {
    const command = permittedCommand().filter((word) => !word.startsWith("--allow-env"));
    const { code, text } = await runInTerminal([...command, "--port", "0", "--supervised", "auto"]);
    assertEquals(code, 1, text);
    assertStringIncludes(text, "start with --allow-env=");
    assert(!text.includes("Allow?"), text);
  },
});

Deno.test({
  name: "the program gets no code from other hosts",
  ignore: Deno.env.has("MINIREDIS_BINARY"),
  async fn() {
    await using directory = await TempDir.create("permissions-");
    const program = `${directory.path}/program.ts`;
    await Deno.writeTextFile(program, "await import(Deno.args[0]);\n");
    for (
      const host of ["https://deno.land", "https://jsr.io", "https://esm.sh", "http://127.0.0.1:1"]
    ) {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", ...FLAGS, program, `${host}/x.ts`],
        env: { NO_COLOR: "1" },
      }).output();
      const errors = new TextDecoder().decode(stderr);
      assertEquals(code, 1, errors);
      assertMatch(errors, /--no-remote is specified|Requires import access/);
    }
  },
});

/** Runs a program that is to end by itself with a terminal as its standard streams. */
async function runInTerminal(command: readonly string[]): Promise<{ code: number; text: string }> {
  const script =
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
  const process = new Deno.Command("python3", {
    args: ["-c", script, ...command],
    cwd: PROJECT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => process.kill("SIGKILL"), PATIENCE);
  const { code, stdout } = await process.output();
  clearTimeout(timer);
  return { code, text: new TextDecoder().decode(stdout) };
}
