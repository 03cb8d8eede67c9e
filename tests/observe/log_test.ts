import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { fileSink, Log } from "../../src/observe/log.ts";
import { TempDir } from "../support/temp_dir.ts";

Deno.test("Log writes lines in Redis' format", () => {
  const lines: string[] = [];
  const log = new Log(
    new ManualClock(new Date(2024, 1, 9, 3, 4, 5, 67).getTime()),
    (line) => lines.push(line),
  );
  log.notice("one");
  log.role = "M";
  log.warning("two");
  assertEquals(lines, [
    `${Deno.pid}:C 09 Feb 2024 03:04:05.067 * one\n`,
    `${Deno.pid}:M 09 Feb 2024 03:04:05.067 # two\n`,
  ]);
});

Deno.test("Log leaves out lines below its level", () => {
  const lines: string[] = [];
  const log = new Log(new ManualClock(0), (line) => lines.push(line.slice(-4)));
  const writeAll = () => {
    log.debug("1");
    log.verbose("2");
    log.notice("3");
    log.warning("4");
  };
  log.level = "debug";
  writeAll();
  assertEquals(lines.splice(0), [" . 1\n", " - 2\n", " * 3\n", " # 4\n"].map((l) => l.slice(-4)));
  log.level = "notice";
  writeAll();
  assertEquals(lines, ["* 3\n", "# 4\n"]);
});

Deno.test("Log keeps a message in one line when it holds line breaks", () => {
  const lines: string[] = [];
  const log = new Log(new ManualClock(0), (line) => lines.push(line));
  log.warning("a\r\nb\nc");
  assertMatch(lines[0], /# a b c\n$/);
});

Deno.test("fileSink starts a new file when the old one was moved away", () => {
  using directory = TempDir.createSync("log-");
  const path = `${directory.path}/server.log`;
  const sink = fileSink(path);
  sink("one\n");
  Deno.renameSync(path, `${path}.1`);
  sink("two\n");
  assertEquals(Deno.readTextFileSync(`${path}.1`), "one\n");
  assertEquals(Deno.readTextFileSync(path), "two\n");
});

Deno.test("fileSink throws when the file can't be opened at first, and never after that", () => {
  using directory = TempDir.createSync("log-");
  const logs = `${directory.path}/logs`;
  assertThrows(() => fileSink(`${logs}/server.log`), Deno.errors.NotFound);
  Deno.mkdirSync(logs);
  const sink = fileSink(`${logs}/server.log`);
  Deno.removeSync(logs, { recursive: true });
  sink("lost\n");
  Deno.mkdirSync(logs);
  sink("kept\n");
  assertEquals(Deno.readTextFileSync(`${logs}/server.log`), "kept\n");
});
