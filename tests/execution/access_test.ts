/** Users in files, as redis-server keeps them: `aclfile`, `user` lines, CONFIG REWRITE. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { miniredisCommand } from "../support/miniredis_process.ts";
import type { RawClient } from "../support/raw_client.ts";
import { referenceTest } from "../support/reference.ts";
import { type Directives, ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { startEmbedded } from "../support/embedded.ts";

const REFERENCE = [Deno.env.get("REDIS_SERVER") ?? "redis-server"];

/** A server that was started in a directory with these files, of which `redis.conf` is its configuration. */
class Started implements AsyncDisposable {
  private constructor(readonly server: ServerProcess, readonly dir: TempDir) {}

  static async start(command: readonly string[], files: Record<string, string>): Promise<Started> {
    const dir = await TempDir.create("access-");
    for (const [name, text] of Object.entries(files)) {
      Deno.writeTextFileSync(`${dir.path}/${name}`, text);
    }
    const directives: Directives = { save: "", bind: "127.0.0.1" };
    try {
      const options = { dir: dir.path, directives };
      const server = await ServerProcess.start([...command, `${dir.path}/redis.conf`], options);
      return new Started(server, dir);
    } catch (error) {
      await dir[Symbol.asyncDispose]();
      throw error;
    }
  }

  write(name: string, text: string): void {
    Deno.writeTextFileSync(`${this.dir.path}/${name}`, text);
  }

  read(name: string): string {
    return Deno.readTextFileSync(`${this.dir.path}/${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

/** What a story tells of one server; it must be the same for both. */
type Story = (started: Started) => Promise<unknown[]>;

async function assertSameStory(files: Record<string, string>, story: Story): Promise<void> {
  await using theirs = await Started.start(REFERENCE, files);
  await using ours = await Started.start(miniredisCommand(), files);
  assertEquals(await story(ours), await story(theirs));
}

/** A client who is authenticated as a user. */
async function connectAs({ server }: Started, user: string, password = ""): Promise<RawClient> {
  const client = await server.connect();
  await client.texts("AUTH", user, password);
  return client;
}

const WITH_FILE = { "redis.conf": "aclfile u.acl\n" };

referenceTest("aclfile's users are there from the start, and ACL SAVE writes them", async () => {
  const files = {
    ...WITH_FILE,
    "u.acl": "user ann on >p ~a* %R~r &c +@all -config|set (~b +select|0)\n\n  user bob  off\r\n",
  };
  await assertSameStory(files, async (started) => {
    const client = await started.server.connect();
    const before = await client.texts("ACL", "LIST");
    const told = [
      await client.texts("ACL", "SETUSER", "joe", "on", ">q", "+get"),
      await client.texts("ACL", "SETUSER", "default", "+@all", ">secret"),
      await client.texts("ACL", "DELUSER", "bob"),
      await client.texts("ACL", "SAVE"),
      started.read("u.acl"),
      (await client.call("CONFIG", "REWRITE")).raw,
      /^user/m.test(started.read("redis.conf")),
    ];
    await started.server.restart();
    const after = await connectAs(started, "default", "secret");
    return [before, ...told, await after.texts("ACL", "LIST")];
  });
});

referenceTest(
  "ACL LOAD takes a file as a whole, and disconnects all but the default user",
  async () => {
    const files = {
      ...WITH_FILE,
      "u.acl": "user ann on nopass +@all ~*\nuser bob on nopass +@all\n",
    };
    await assertSameStory(files, async (started) => {
      const client = await started.server.connect();
      const ann = await connectAs(started, "ann"), bob = await connectAs(started, "bob");
      const subscriber = await started.server.connect();
      await subscriber.texts("SUBSCRIBE", "c");
      const told: unknown[] = [];
      for (
        const text of [
          "user ann on\nuser ann off foo\n",
          "user ann on foo bar +nosuch #x >p <q +nosuch2 (~* ~a) baz\n  # comment\nuser default off\n",
          "USER ann on\nuser\n",
          'user ann on "~a"\n',
          "user a\tb on\n",
          "nonsense",
        ]
      ) {
        started.write("u.acl", text);
        told.push((await client.call("ACL", "LOAD")).raw, await client.texts("ACL", "LIST"));
      }
      Deno.removeSync(`${started.dir.path}/u.acl`);
      told.push((await client.call("ACL", "LOAD")).raw, await client.texts("ACL", "LIST"));
      told.push(await ann.texts("PING"));
      started.write("u.acl", "user ann on nopass +@all ~*\nuser default on nopass +@all ~*\n");
      told.push((await client.call("ACL", "LOAD")).raw);
      told.push(await ann.waitForClose(), await bob.waitForClose());
      told.push((await subscriber.call("PING")).raw, await client.texts("ACL", "LIST"));
      const again = await connectAs(started, "ann");
      told.push((await again.call("ACL", "LOAD")).raw, await again.waitForClose());
      started.write("u.acl", "user default on >p +ping\n");
      told.push((await client.call("ACL", "LOAD")).raw, (await client.call("PING")).raw);
      told.push((await client.call("GET", "k")).raw);
      const late = await started.server.connect();
      told.push((await late.call("PING")).raw, (await late.call("AUTH", "p")).raw);
      return told;
    });
  },
);

referenceTest(
  "user lines make users, after requirepass, and CONFIG REWRITE writes them",
  async () => {
    const files = {
      "redis.conf": [
        "user ann on nopass ~a &c +@all -config|set (~x +get)",
        "requirepass secret",
        "user bob",
        'user "joe" ">a b" \'~q\' "(~s" +get ")"',
        "user default on >other ~* &* +@all -debug",
        "",
      ].join("\n"),
    };
    await assertSameStory(files, async (started) => {
      const client = await connectAs(started, "default", "other");
      const told = [
        await client.texts("ACL", "LIST"),
        await client.texts("CONFIG", "GET", "requirepass"),
        (await client.call("AUTH", "secret")).raw,
        (await client.call("ACL", "LOAD")).raw,
        (await client.call("ACL", "SAVE")).raw,
        await client.texts("ACL", "DELUSER", "bob"),
        await client.texts("ACL", "SETUSER", "new", "on", "+get"),
        await client.texts("CONFIG", "REWRITE"),
        started.read("redis.conf").match(/^(user|requirepass) .*$/gm),
      ];
      await started.server.restart();
      const after = await connectAs(started, "default", "other");
      return [...told, await after.texts("ACL", "LIST")];
    });
  },
);

referenceTest(
  "requirepass is gone where the file of users says nothing of the default user",
  async () => {
    const files = { "redis.conf": "requirepass p\naclfile u.acl\n", "u.acl": "user ann on\n" };
    await assertSameStory(files, async (started) => {
      const client = await started.server.connect();
      return [
        await client.texts("ACL", "LIST"),
        await client.texts("CONFIG", "GET", "requirepass"),
      ];
    });
  },
);

referenceTest("rules name commands as they are called without rename-command", async () => {
  const files = {
    "redis.conf":
      'rename-command get fetch\nrename-command flushall ""\nuser ann on +get +flushall\n',
  };
  await assertSameStory(files, async (started) => {
    const client = await started.server.connect();
    return [
      (await client.texts("ACL", "LIST")).map((line) => line.split(" ").sort()),
      (await client.call("ACL", "SETUSER", "ann", "+fetch")).raw,
      (await client.call("ACL", "DRYRUN", "ann", "fetch", "k")).raw,
      (await client.call("ACL", "DRYRUN", "ann", "get", "k")).raw,
    ];
  });
});

referenceTest("HELP and errors name a container as it is called after rename-command", async () => {
  const files = {
    "redis.conf": "rename-command client person\nrename-command debug dbg\n" +
      "rename-command slowlog slow\nenable-debug-command yes\n",
  };
  await assertSameStory(files, async (started) => {
    const client = await started.server.connect();
    return [
      (await client.texts("person", "HELP"))[0],
      (await client.texts("dbg", "HELP"))[0],
      (await client.call("Person", "nosuch")).raw,
      (await client.call("dbg", "nosuch")).raw,
      (await client.call("slow", "get", "1", "2")).raw,
      (await client.call("client", "id")).raw,
    ];
  });
});

/** Why a server does not start: the end of its log. */
async function refusal(command: readonly string[], files: Record<string, string>): Promise<string> {
  try {
    await using _started = await Started.start(command, files);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`started with ${JSON.stringify(files)}`);
}

const UNKNOWN = "Unknown command or category name in ACL";

referenceTest("a server does not start where users can't be made, and says why", async () => {
  for (
    const [conf, users, reason] of [
      ["user ann on foo", null, "Syntax error"],
      ["user ann +nosuch", null, UNKNOWN],
      ["user ann +config|get|x", null, "Allowing first-arg of a subcommand is not supported"],
      ["user 'a b' on", null, "Spaces not allowed in ACL usernames"],
      ["user ann on\nuser ann off", null, "Duplicate user found"],
      ["user ann\naclfile u.acl", "", "Configuring Redis with users defined in redis.conf and at"],
      [
        "aclfile none.acl",
        null,
        "Error loading ACLs, opening file 'none.acl': No such file or dir",
      ],
      [
        "aclfile u.acl",
        "user a +x\n\nuser",
        `u.acl:1: Error in applying operation '+x': ${UNKNOWN}.`,
      ],
      ["aclfile u.acl", "user a foo", "u.acl:1: Syntax error."],
      ["aclfile u.acl", "user a\nuser a", "WARNING: Duplicate user 'a' found on line 2."],
    ] as const
  ) {
    const files = { "redis.conf": `${conf}\n`, ...(users === null ? {} : { "u.acl": users }) };
    for (const command of [REFERENCE, miniredisCommand()]) {
      const text = await refusal(command, files);
      assertStringIncludes(text, "exited with code 1");
      assertStringIncludes(text, reason);
    }
  }
});

Deno.test("a user line that can't be had is named with its file and line", async () => {
  const text = await refusal(miniredisCommand(), { "redis.conf": "\nuser ann on ~a +nosuch\n" });
  assertMatch(text, /redis\.conf line 2: 'user': .*'\+nosuch': Unknown command/);
  // What redis-server 7.0.15 crashes of.
  const open = await refusal(miniredisCommand(), {
    "redis.conf": "aclfile u.acl\n",
    "u.acl": "user a (~b\n",
  });
  assertStringIncludes(open, "u.acl:1: Unmatched parenthesis in acl selector starting at '(~b'.");
});

Deno.test("ACL SAVE leaves the file as it was when it can't be written", async () => {
  await using embedded = await startEmbedded();
  const { files, server } = embedded;
  server.configuration.assign("aclfile", "/u.acl");
  const client = await embedded.connect();
  await client.texts("ACL", "SAVE");
  const size = files.statSync("/u.acl")?.size;
  assert(size !== undefined && size > 0);
  await client.texts("ACL", "SETUSER", "ann", "on");
  server.configuration.assign("aclfile", "/nosuch/u.acl");
  const { text } = await client.call("ACL", "SAVE");
  assertMatch(text ?? "", /^ERR There was an error trying to save the ACLs/);
  assertMatch(embedded.log.join(""), /Can't save the ACL file '\/nosuch\/u.acl'/);
  assertEquals(files.statSync("/u.acl")?.size, size);
});

Deno.test("EXEC counts as failed where its last command was not allowed any more", async () => {
  await using embedded = await startEmbedded();
  const client = await embedded.connect(), ann = await embedded.connect();
  await client.texts("ACL", "SETUSER", "ann", "on", "nopass", "+@all", "~*");
  await ann.texts("AUTH", "ann", "");
  const counts = async (...commands: string[][]) => {
    await client.texts("ACL", "SETUSER", "ann", "+get");
    await ann.texts("MULTI");
    for (const command of commands) await ann.texts(...command);
    await client.texts("CONFIG", "RESETSTAT");
    await client.texts("ACL", "SETUSER", "ann", "-get");
    const { text, children = [] } = await ann.call("EXEC");
    assertEquals([text, children.length], [undefined, commands.length]);
    const [info] = await client.texts("INFO", "commandstats");
    return info.match(/cmdstat_exec:.*rejected_calls=\d,failed_calls=\d/)?.[0].slice(-31) +
      (info.includes("cmdstat_get:") ? " and GET" : "");
  };
  assertEquals(await counts(["GET", "k"]), "rejected_calls=0,failed_calls=1");
  assertEquals(await counts(["SET", "k", "v"], ["GET", "k"]), "rejected_calls=0,failed_calls=1");
  assertEquals(await counts(["GET", "k"], ["SET", "k", "v"]), "rejected_calls=0,failed_calls=0");
});
