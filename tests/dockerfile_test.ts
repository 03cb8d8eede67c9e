/** The Dockerfile, as far as that can be tried without a daemon. */

import { assert, assertEquals } from "@std/assert";
import { freePort } from "./support/free_port.ts";
import { miniredisCommand } from "./support/miniredis_process.ts";
import { ServerProcess } from "./support/server_process.ts";
import { TempDir } from "./support/temp_dir.ts";

const PROJECT = new URL("../", import.meta.url);

/** Its instructions, with lines that go on joined. */
const INSTRUCTIONS = Deno.readTextFileSync(new URL("Dockerfile", PROJECT))
  .replace(/^#.*\n/gm, "").replaceAll("\\\n", "").split("\n").filter((line) => line !== "");

function argumentsOf(instruction: string): string {
  const line = INSTRUCTIONS.findLast((one) => one.startsWith(`${instruction} `));
  if (line === undefined) throw new Error(`there is no ${instruction}`);
  return line.slice(instruction.length + 1);
}

/** A command in the form of a list. */
function listOf(instruction: string): string[] {
  return JSON.parse(argumentsOf(instruction).replace(/^.*? CMD /, ""));
}

Deno.test("the Dockerfile copies what is there, for a user that is not root", () => {
  const copied = INSTRUCTIONS.filter((line) => /^COPY (?!--from)/.test(line))
    .flatMap((line) => line.split(" ").slice(1, -1));
  for (const name of copied) Deno.statSync(new URL(name, PROJECT));
  const allowed = Deno.readTextFileSync(new URL(".dockerignore", PROJECT)).match(/^!.*/gm);
  assertEquals(copied.sort(), allowed?.map((line) => line.slice(1)).sort());
  assertEquals(argumentsOf("USER"), "miniredis");
  assertEquals(argumentsOf("VOLUME"), "/data");
});

Deno.test("the Dockerfile's command serves, and its health check says so", async () => {
  await using dir = await TempDir.create("docker-");
  const metrics = String(freePort());
  const [program, ...given] = [...listOf("ENTRYPOINT"), ...listOf("CMD")];
  assertEquals(program, "miniredis");
  const words = given.map((word) => word === "/data" ? dir.path : word === "9121" ? metrics : word);
  const check = listOf("HEALTHCHECK").map((word) => word.replace("9121", metrics));
  const health = async () =>
    (await new Deno.Command(check[0], { args: check.slice(1) }).output()).code;
  assert(await health() !== 0);
  await using server = await ServerProcess.start([...miniredisCommand(), ...words], {
    dir: dir.path,
  });
  assertEquals(await (await server.connect()).texts("SET", "k", "v"), ["OK"]);
  assertEquals(await health(), 0);
  assertEquals((await server.kill("SIGTERM")).code, 0);
  assert(await health() !== 0);
  assert(Deno.statSync(`${dir.path}/appendonlydir`).isDirectory);
});
