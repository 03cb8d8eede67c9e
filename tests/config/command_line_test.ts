import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { splitArguments } from "../../src/base/split_arguments.ts";
import {
  ConfigError,
  configurationFrom,
  helpText,
  parseCommandLine,
  versionText,
} from "../../src/config/mod.ts";

/** The words of each line, as the reader of the lines will see them. */
function wordsOf(args: string[]): (string[] | null)[] {
  return parseCommandLine(args).lines.map(splitArguments);
}

Deno.test("parseCommandLine takes the first word as file when it is no flag", () => {
  const commandLine = parseCommandLine(["./my.conf", "--port", "7000"]);
  assertEquals(commandLine.configFile, "./my.conf");
  assertEquals(wordsOf(["./my.conf", "--port", "7000"]), [["port", "7000"]]);
  assertEquals(parseCommandLine([]).configFile, null);
});

Deno.test("parseCommandLine keeps several values, negative numbers and empty words together", () => {
  assertEquals(
    wordsOf([
      ...["--save", "60", "1"],
      ...["--port", "7000"],
      ...["--list-max-listpack-size", "-1"],
      ...["--requirepass", ""],
      ...["--save", ""],
    ]),
    [
      ["save", "60", "1"],
      ["port", "7000"],
      ["list-max-listpack-size", "-1"],
      ["requirepass", ""],
      ["save", ""],
    ],
  );
});

Deno.test("parseCommandLine keeps the name when a directive begins with no-", () => {
  assertEquals(wordsOf(["--no-appendfsync-on-rewrite", "yes"]), [
    ["no-appendfsync-on-rewrite", "yes"],
  ]);
});

Deno.test("parseCommandLine gives save no rules when nothing follows it", () => {
  assertEquals(wordsOf(["--save", "--port", "7000"]), [["save", ""], ["port", "7000"]]);
  assertEquals(wordsOf(["--save"]), [["save", ""]]);
});

Deno.test("parseCommandLine takes the word after a flag as its value when it looks like a flag", () => {
  assertEquals(wordsOf(["--requirepass", "--port"]), [["requirepass", "--port"]]);
  assertEquals(wordsOf(["--requirepass", "--help"]), [["requirepass", "--help"]]);
});

Deno.test("parseCommandLine splits a flag that holds its value", () => {
  assertEquals(wordsOf(["--port 7000"]), [["port", "7000"]]);
  assertEquals(wordsOf(["--save 900", "1"]), [["save", "900", "1"]]);
});

Deno.test("parseCommandLine keeps every value when values are arbitrary texts", () => {
  const isFlag = (text: string) => text.startsWith("--") || text === "-h" || text === "-v";
  const value = fc.string({ unit: "binary" }).filter((text) => !isFlag(text));
  fc.assert(fc.property(fc.array(value, { minLength: 1 }), value, (values, last) => {
    const bytes = (text: string) =>
      String.fromCharCode(...new TextEncoder().encode(text.toWellFormed()));
    assertEquals(
      wordsOf(["--save", ...values, "--requirepass", last, "--port", "1"]),
      [["save", ...values.map(bytes)], ["requirepass", bytes(last)], ["port", "1"]],
    );
  }));
});

Deno.test("parseCommandLine reads the standard input when - comes first or last", () => {
  assertEquals(parseCommandLine(["-"]).readsStandardInput, true);
  assertEquals(parseCommandLine(["a.conf", "--port", "1", "-"]).readsStandardInput, true);
  assertEquals(wordsOf(["--port", "1", "-"]), [["port", "1"]]);
  assertEquals(parseCommandLine(["--requirepass", "-", "--port", "1"]).readsStandardInput, false);
  assertEquals(wordsOf(["--requirepass", "-", "--port", "1"])[0], ["requirepass", "-"]);
});

Deno.test("parseCommandLine asks for help and version when their flags are given", () => {
  for (const flag of ["-h", "--help"]) assertEquals(parseCommandLine([flag]).help, true);
  for (const flag of ["-v", "--version"]) assertEquals(parseCommandLine([flag]).version, true);
  assertEquals(parseCommandLine(["--port", "1", "--help"]).help, true);
  for (const before of [["--port", "1"], ["my.conf"], ["my.conf", "--save", "900", "1"]]) {
    assertEquals(parseCommandLine([...before, "-h"]).help, true, before.join(" "));
    assertEquals(parseCommandLine([...before, "-v", "--hz", "20"]).version, true);
  }
  // Where a value has to come, it is one, whatever it looks like.
  assertEquals(wordsOf(["--requirepass", "-h"]), [["requirepass", "-h"]]);
  const { help, version } = parseCommandLine(["--port", "1"]);
  assertEquals([help, version], [false, false]);
});

Deno.test("parseCommandLine refuses what is no directive", () => {
  for (
    const [args, message] of [
      [
        ["-p", "7000"],
        "command line: '-p': directives are given as '--name value'; did you mean '--port 7000'?",
      ],
      [
        ["-appendonly", "yes"],
        "command line: '-appendonly': directives are given as '--name value'; did you mean " +
        "'--appendonly yes'?",
      ],
      // A password is not repeated where others may read it.
      [
        ["-a", "secret"],
        "command line: '-a': directives are given as '--name value'; did you mean '--requirepass'?",
      ],
      [["-q"], "command line: '-q': directives are given as '--name value'"],
      [["a.conf", "b.conf"], "command line: 'b.conf': directives are given as '--name value'"],
      [
        ["--port=7000"],
        "command line: '--port=7000': give the value as a word of its own: '--port 7000'",
      ],
      [["--sentinel"], "command line: '--sentinel': Sentinel is not supported"],
      [
        ["--test-memory", "5"],
        "command line: '--test-memory': testing the machine's memory is not supported",
      ],
    ] as const
  ) {
    const error = assertThrows(() => parseCommandLine(args), ConfigError);
    assertEquals(error.message, message);
  }
});

Deno.test("configurationFrom lets flags override the standard input and that the file", () => {
  const file = Deno.makeTempFileSync();
  try {
    Deno.writeTextFileSync(file, "port 1\ntimeout 1\nhz 11\ndaemonize yes\n");
    const commandLine = parseCommandLine([file, "--hz", "33", "--daemonize", "no", "-"]);
    const { settings, configFile } = configurationFrom(commandLine, () => "timeout 2\nhz 22\n");
    assertEquals([settings.port, settings.timeout, settings.hz], [1, 2, 33]);
    assertEquals(configFile, file);
  } finally {
    Deno.removeSync(file);
  }
});

Deno.test("configurationFrom names the command line when a flag is wrong", () => {
  for (
    const [args, message] of [
      [["--port", "abc"], "command line: 'port': argument couldn't be parsed into an integer"],
      [["--port"], "command line: 'port': wrong number of arguments"],
      [["--nosuch", "1"], "command line: 'nosuch': Bad directive or wrong number of arguments"],
      [
        ["--pot", "7000"],
        "command line: 'pot': Bad directive or wrong number of arguments; did you mean 'port'?",
      ],
      [
        ["--Maxmemroy", "1gb"],
        "command line: 'maxmemroy': Bad directive or wrong number of arguments; did you mean " +
        "'maxmemory'?",
      ],
      [["/nosuch/file"], "/nosuch/file: can't open config file: No such file or directory"],
    ] as const
  ) {
    const error = assertThrows(() => configurationFrom(parseCommandLine(args)), ConfigError);
    assertEquals(error.message, message);
  }
});

Deno.test("versionText has the version as third word, as redis-server's does", () => {
  assertEquals(versionText().split(" ")[2], "v=7.0.15");
  assertMatch(versionText(), /miniredis=/);
});

Deno.test("helpText lists the directives that have an effect", () => {
  assertMatch(helpText(), /^ {2}--port <number> {2}\(6379\)$/m);
  assertMatch(helpText(), /^ {2}--appendfsync everysec\|always\|no {2}\(everysec\)$/m);
  assertEquals(helpText().includes("--jemalloc-bg-thread"), false);
});
