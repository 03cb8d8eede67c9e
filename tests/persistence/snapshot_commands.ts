/** Random commands of our own registry, by which snapshots are disturbed. */

import { ALL_COMMANDS } from "../../src/commands/mod.ts";
import type { CommandDescription } from "../../src/commands/description.ts";
import type { ArgumentSpec } from "../../src/commands/description.ts";
import type { Argument } from "../differential/command_docs.ts";
import { type Candidate, Generator } from "../differential/random/generator.ts";
import { Random } from "../support/random.ts";
import { ALL_KEYS, KEYS } from "../differential/random/values.ts";
import type { CommandHarness } from "../support/command_harness.ts";
import { parseReply } from "../support/reply.ts";

/** Commands that COMMAND DOCS doesn't say enough about to make up calls of them. */
const SPECIAL = new Set([
  ...["restore", "restore-asking", "pfdebug"],
  ...["function|load", "function|delete", "function|flush", "function|restore"],
]);
/** What reaches another server. */
const UNFIT = new Set(["migrate"]);

/** Function libraries that there may be. */
export const LIBRARIES = ["lib1", "lib2", "lib3"];

/** Loads a library of some content, in the place of the one that there is. */
export function loadLibrary(harness: CommandHarness, name: string, content: number): void {
  const code = `redis.register_function('${name}_f', function() return ${content} end)`;
  harness.run("FUNCTION", "LOAD", "REPLACE", `#!lua name=${name}\n${code}`);
}

/** The names of all commands that may change data. Sub-commands are called `xgroup|create`. */
export const WRITE_COMMANDS: readonly string[] = leavesOf(ALL_COMMANDS)
  .filter(({ name, declaration }) => declaration.flags.includes("write") && !UNFIT.has(name))
  .map(({ name }) => name);

/** Those of them that are about one type of values. */
export function writeCommandsOf(group: string): readonly string[] {
  return LEAVES.filter(({ name, declaration }) => {
    return declaration.group === group && WRITE_COMMANDS.includes(name);
  }).map(({ name }) => name);
}

/** The group of a command: the type of values that it is about. */
export function groupOf(command: string): string {
  return LEAVES.find(({ name }) => name === command)?.declaration.group ?? "";
}

/** Those of them that are generated. */
const GENERATED: readonly string[] = WRITE_COMMANDS.filter((name) => !SPECIAL.has(name));

interface Leaf {
  readonly name: string;
  readonly declaration: CommandDescription;
}

function leavesOf(declarations: readonly CommandDescription[], prefix = ""): Leaf[] {
  return declarations.flatMap((declaration) => {
    const name = prefix + declaration.name;
    const { subcommands } = declaration;
    return subcommands === undefined ? { name, declaration } : leavesOf(subcommands, `${name}|`);
  });
}

function candidate({ name, declaration }: Leaf): Candidate {
  return {
    docs: { name, arguments: (declaration.arguments ?? []).map(describeArgument) },
    group: declaration.group,
  };
}

function describeArgument(argument: ArgumentSpec): Argument {
  const { name, type, token } = argument;
  const flags = [
    ...argument.optional ? ["optional"] : [],
    ...argument.multiple ? ["multiple"] : [],
    ...argument.multipleToken ? ["multiple_token"] : [],
  ];
  return {
    name,
    type,
    token,
    flags,
    arguments: (argument.arguments ?? []).map(describeArgument),
  };
}

const LEAVES = leavesOf(ALL_COMMANDS);

/** Makes up changes: of all commands that are generated, or of some. */
export class Changes {
  readonly random: Random;
  readonly #names: readonly string[];
  readonly #generator: Generator;

  constructor(seed: number, names: readonly string[] = GENERATED) {
    this.#names = names;
    this.random = new Random(seed);
    const candidates = LEAVES.filter(({ name }) => names.includes(name)).map(candidate);
    this.#generator = new Generator(candidates, this.random);
  }

  /** Runs so many; returns how many changes they made. */
  run(harness: CommandHarness, count: number): number {
    const before = harness.keyspace.dirty;
    for (let i = 0; i < count; i++) {
      const name = this.random.pick(this.#names);
      if (SPECIAL.has(name)) this.#runSpecial(harness, name);
      else this.#runOne(harness, this.#generator.next());
    }
    return harness.keyspace.dirty - before;
  }

  #runSpecial(harness: CommandHarness, name: string): void {
    if (name.startsWith("function|")) {
      this.#changeLibraries(harness, name.slice("function|".length));
      return;
    }
    if (name === "pfdebug") {
      harness.run("PFDEBUG", "TODENSE", this.random.pick(KEYS.hyperloglog));
      return;
    }
    const reply = parseReply(harness.run("DUMP", this.random.pick(ALL_KEYS)))?.reply;
    if (reply?.text === undefined) return;
    harness.run(name, this.random.pick(ALL_KEYS), "0", reply.text, "REPLACE");
  }

  #changeLibraries(harness: CommandHarness, way: string): void {
    const name = this.random.pick(LIBRARIES);
    switch (way) {
      case "restore": {
        const dump = parseReply(harness.run("FUNCTION", "DUMP"))?.reply.text ?? "";
        harness.run("FUNCTION", "FLUSH");
        harness.run("FUNCTION", "RESTORE", dump);
        return;
      }
      case "delete":
        harness.run("FUNCTION", "DELETE", name);
        return;
      case "flush":
        harness.run("FUNCTION", "FLUSH");
    }
    loadLibrary(harness, name, this.random.below(100));
  }

  #runOne(harness: CommandHarness, [name, ...args]: readonly string[]): void {
    const upper = name.toUpperCase();
    // Transactions are a matter of the dispatcher.
    if (upper === "MULTI" || upper === "EXEC" || upper === "DISCARD" || upper === "WATCH") return;
    // Within one nothing ever blocks.
    harness.run("MULTI");
    harness.run(name, ...args);
    harness.run("EXEC");
  }
}
