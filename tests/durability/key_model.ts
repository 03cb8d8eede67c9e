/** What one client's keys must hold: a tiny model of the commands that the crash tests write with. */

import { array, bulk } from "../support/command_harness.ts";
import type { RawClient } from "../support/raw_client.ts";
import { leaves } from "../support/reply.ts";
import type { Random } from "../support/random.ts";

/** Commands that take effect together or not at all: one, or MULTI … EXEC. */
export type Unit = readonly (readonly string[])[];

interface Entry {
  readonly value: string | ReadonlyMap<string, string>;
  readonly expires: boolean;
}

const STRINGS = 3;
const OK = "+OK\r\n";

/** The keys of one client, which nobody else writes. */
export class KeyModel {
  readonly #name: string;
  #entries = new Map<string, Entry>();

  /** @param name what the keys' names start with */
  constructor(name: string) {
    this.#name = name;
  }

  /** A model that goes its own way from here. */
  clone(): KeyModel {
    const copy = new KeyModel(this.#name);
    copy.#entries = new Map(this.#entries);
    return copy;
  }

  /** A random unit of SET, INCR, HSET, DEL and EXPIRE. */
  randomUnit(random: Random): Unit {
    if (random.below(6) > 0) return [this.#randomCommand(random)];
    const commands = Array.from({ length: 1 + random.below(4) }, () => this.#randomCommand(random));
    return [["MULTI"], ...commands, ["EXEC"]];
  }

  /** Runs a unit on the model; returns the replies that the server has to give to its commands. */
  apply(unit: Unit): string[] {
    if (unit.length === 1) return [this.#run(unit[0])];
    const commands = unit.slice(1, -1);
    const replies = commands.map((args) => this.#run(args));
    return [OK, ...commands.map(() => "+QUEUED\r\n"), array(...replies)];
  }

  /** The content of the keys, as `read` gives it. */
  listing(): string {
    const lines: string[] = [];
    for (const [key, { value, expires }] of this.#entries) {
      const text = typeof value === "string"
        ? value
        : [...value].map((pair) => pair.join(":")).sort().join(",");
      lines.push(`${key}=${text}${expires ? " expires" : ""}`);
    }
    return lines.sort().join("\n");
  }

  /** The content of the keys on a server. */
  async read(client: RawClient): Promise<string> {
    const strings = [...Array.from({ length: STRINGS }, (_, i) => this.#string(i)), this.#counter];
    const commands = [
      ...strings.map((key) => ["GET", key]),
      ["HGETALL", this.#hash],
      ...[...strings, this.#hash].map((key) => ["PTTL", key]),
    ];
    const replies = await client.pipeline(commands);
    const lines: string[] = [];
    [...strings, this.#hash].forEach((key, i) => {
      const ttl = Number(replies[strings.length + 1 + i].text);
      if (ttl === -2) return;
      const texts = leaves(replies[i]);
      const pairs: string[] = [];
      for (let at = 0; at < texts.length; at += 2) pairs.push(`${texts[at]}:${texts[at + 1]}`);
      const text = key === this.#hash ? pairs.sort().join(",") : texts[0];
      lines.push(`${key}=${text}${ttl >= 0 ? " expires" : ""}`);
    });
    return lines.sort().join("\n");
  }

  #string(i: number): string {
    return `${this.#name}:string:${i}`;
  }

  get #counter(): string {
    return `${this.#name}:counter`;
  }

  get #hash(): string {
    return `${this.#name}:hash`;
  }

  #randomCommand(random: Random): string[] {
    const string = this.#string(random.below(STRINGS));
    switch (random.below(8)) {
      case 0:
      case 1:
        return ["SET", string, `value ${random.below(1e9)} \r\n\0`.repeat(1 + random.below(8))];
      case 2:
      case 3:
        return ["INCR", this.#counter];
      case 4:
      case 5:
        return ["HSET", this.#hash, `field${random.below(20)}`, String(random.below(1e9))];
      case 6:
        return ["DEL", random.pick([string, this.#counter, this.#hash])];
      default:
        return ["EXPIRE", random.pick([string, this.#counter, this.#hash]), "100000"];
    }
  }

  #run([name, key, ...args]: readonly string[]): string {
    const entry = this.#entries.get(key);
    switch (name) {
      case "SET":
        this.#entries.set(key, { value: args[0], expires: false });
        return OK;
      case "INCR": {
        const value = String(Number(entry?.value ?? 0) + 1);
        this.#entries.set(key, { value, expires: entry?.expires ?? false });
        return `:${value}\r\n`;
      }
      case "HSET": {
        const fields = new Map(entry?.value as ReadonlyMap<string, string> | undefined);
        const added = fields.has(args[0]) ? 0 : 1;
        fields.set(args[0], args[1]);
        this.#entries.set(key, { value: fields, expires: entry?.expires ?? false });
        return `:${added}\r\n`;
      }
      case "DEL":
        return `:${this.#entries.delete(key) ? 1 : 0}\r\n`;
      case "EXPIRE":
        if (entry === undefined) return ":0\r\n";
        this.#entries.set(key, { value: entry.value, expires: true });
        return ":1\r\n";
      default:
        throw new Error(`the model does not know ${name} (${bulk(key)})`);
    }
  }
}
