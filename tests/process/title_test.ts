import { assertEquals } from "@std/assert";
import { Configuration } from "../../src/config/mod.ts";
import { followTitle } from "../../src/process/title.ts";
import { replyTo } from "../config/reply_to.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { referenceTest, startReference } from "../support/reference.ts";

function follow(text: string): { configuration: Configuration; titles: string[] } {
  const configuration = new Configuration("/"), titles: string[] = [];
  configuration.loadText(text, "test.conf");
  configuration.finishLoading();
  followTitle(configuration, (title) => titles.push(title));
  return { configuration, titles };
}

Deno.test("followTitle shows what the template asks for, now and later", () => {
  const { configuration, titles } = follow("");
  const set = (...words: string[]) => assertEquals(replyTo(configuration, ...words), "OK");
  set("proc-title-template", "a {{b} {title} {port} {tls-port} {unixsocket}|{config-file}| ");
  set("port", "7000");
  set("proc-title-template", "{listen-addr} {server-mode}");
  set("bind", "127.0.0.1 ::1");
  set("port", "0", "tls-port", "7001");
  assertEquals([titles[0], titles[1], titles[2], titles[3], titles[4], titles.at(-1)], [
    "miniredis *:6379",
    "a {b} miniredis 6379 0 |-|",
    "a {b} miniredis 7000 0 |-|",
    "*:7000",
    "127.0.0.1:7000",
    "127.0.0.1:7001",
  ]);
});

Deno.test("followTitle shows a Unix socket where there is no port, and bytes above 127", () => {
  const { titles } = follow(
    'port 0\nunixsocket "/tmp/s"\nproc-title-template "{listen-addr} \\xc3\\xa9"',
  );
  assertEquals(titles, ["/tmp/s é"]);
});

Deno.test("followTitle leaves the title as it is when set-proc-title is no", () => {
  const { configuration, titles } = follow("set-proc-title no");
  assertEquals(replyTo(configuration, "proc-title-template", "x"), "OK");
  assertEquals(titles, []);
});

referenceTest("the system shows the title as it shows redis-server's", async () => {
  await using theirs = await startReference();
  await using ours = await startMiniredis();
  for (const template of [null, "{title} at {port}", "{port}"]) {
    const titles: string[] = [];
    for (const server of [theirs, ours]) {
      if (template !== null) {
        const client = await server.connect();
        const set = ["CONFIG", "SET", "proc-title-template", template];
        assertEquals(await client.texts(...set), ["OK"]);
      }
      const shown = await Deno.readTextFile(`/proc/${server.pid}/cmdline`);
      titles.push(
        shown.split("\0")[0].trimEnd().replaceAll(String(server.port), "PORT")
          .replace(/^\S*redis-server|^miniredis/, "NAME"),
      );
    }
    assertEquals(titles[1], titles[0]);
  }
});
