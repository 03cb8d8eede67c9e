/** The program where its directories are odd. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ConfigError, Configuration } from "../../src/config/mod.ts";
import { NOT_OPENABLE } from "../../src/config/errors.ts";
import { replyTo } from "../config/reply_to.ts";
import { freePort } from "../support/free_port.ts";
import { permittedCommand } from "../support/miniredis_process.ts";
import { RawClient } from "../support/raw_client.ts";
import { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";

/** What the shell calls a directory whose name is not in UTF-8. */
const ODD = "$(printf 'odd\\377')";

Deno.test("the program serves in a directory whose name is not in UTF-8, and keeps its data there", async () => {
  await using directory = await TempDir.create("odd-");
  await sh(`mkdir -p "${directory.path}/${ODD}"`);
  for (const visits of ["1", "2"]) {
    const port = freePort();
    await Deno.writeTextFile(`${directory.path}/a.conf`, "hz 20\n");
    const shell = `cd '${directory.path}'/"${ODD}" && echo 'include ../*.conf' > own.conf && ` +
      `exec "$0" "$@" own.conf --port ${port} --appendonly yes --pidfile redis.pid`;
    const process = new Deno.Command("sh", {
      args: ["-c", shell, ...permittedCommand()],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = process.output().then(({ code, stdout, stderr }) => {
      return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
    });
    const client = await Promise.race([
      waitFor("the server", () => RawClient.connect(port).catch(() => null)),
      output.then(({ said }) => Promise.reject(new Error(`it has ended: ${said}`))),
    ]);
    if (client === null) throw new Error("there is no client");
    await waitFor("the data", async () => (await client.call("PING")).text === "PONG");
    assertEquals(await client.texts("INCR", "visits"), [visits]);
    assertEquals(await client.texts("CONFIG", "GET", "hz"), ["hz", "20"]);
    assertEquals(await client.texts("SAVE"), ["OK"]);
    await client.send("SHUTDOWN");
    await client.waitForClose();
    await client.close();
    const { code, said } = await output;
    assertEquals(code, 0, said);
  }
  assertEquals(
    (await sh(`cd '${directory.path}'/"${ODD}" && ls`)).trim().split("\n"),
    ["appendonlydir", "dump.rdb", "own.conf"],
  );
  await sh(`rm -r '${directory.path}'/"${ODD}"`);
});

Deno.test("a path that is not in UTF-8 is refused with the reason when it is given", () => {
  for (
    const name of [
      ...["dir", "logfile", "pidfile", "unixsocket", "aclfile", "dbfilename", "appendfilename"],
      ...["appenddirname", "tls-cert-file", "tls-key-file", "tls-ca-cert-file", "tls-ca-cert-dir"],
    ]
  ) {
    const configuration = new Configuration("/");
    let message = "";
    try {
      configuration.loadText(`${name} "x\\xff"\n`, "test.conf");
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      message = error.message;
    }
    assertEquals(message, `test.conf line 1: '${name}': ${NOT_OPENABLE}`);
  }
  const configuration = new Configuration("/");
  configuration.loadText("enable-protected-configs yes\n", "test.conf");
  assertStringIncludes(replyTo(configuration, "dir", "/x\xff"), NOT_OPENABLE);
  assertStringIncludes(replyTo(configuration, "dbfilename", "x\xff"), NOT_OPENABLE);
  assertEquals(replyTo(configuration, "dbfilename", "gr\xc3\xb6\xc3\x9fe"), "OK");
  assertMatch(configuration.textOf("dbfilename"), /^gr/);
});

/** Runs a shell's command; returns what it prints. */
async function sh(command: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", command] }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
