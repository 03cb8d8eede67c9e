/** An endless sequence of calls that no well-meaning client would send. */

import type { Argument } from "../command_docs.ts";
import { type Candidate, Generator } from "../random/generator.ts";
import type { Random } from "../../support/random.ts";
import { extreme, garbage } from "./extremes.ts";
import { mutate } from "./mutate.ts";
import { restoreCall } from "./payloads.ts";
import { fromTemplate } from "./templates.ts";

/** What only prepares for others, and is left as it is. */
const LEFT_ALONE = /^(MULTI|EXEC|DISCARD|CONFIG|DEBUG|SELECT)$/;

/** What may come as bytes: its reply does not depend on the moment, and it leaves the connection as it is. */
const SOUND_WHEN_RAW =
  /^(append|del|echo|exists|get|getrange|hget|hmget|hset|incrby|lpush|lrange|mset|ping|rpush|sadd|scard|set|setrange|strlen|zadd|zcard|zscore)$/i;

/** The same calls for the same source of random numbers. */
export class FuzzGenerator {
  readonly #calls: Generator;
  /** The tokens of each command, by its name. */
  readonly #words = new Map<string, string[]>();

  constructor(
    candidates: readonly Candidate[],
    private readonly payloads: readonly string[],
    private readonly random: Random,
  ) {
    this.#calls = new Generator(candidates, random);
    for (const { docs } of candidates) this.#words.set(docs.name, tokensIn(docs.arguments));
  }

  /** The next call; one that begins with `!raw` is bytes to be sent as they are. */
  next(): readonly string[] {
    const { random } = this;
    const kind = random.below(1000);
    if (kind < 40) return fromTemplate(random);
    if (kind < 70) return restoreCall(random, this.payloads);
    const call = this.#calls.next();
    if (LEFT_ALONE.test(call[0])) return call;
    const changed = random.chance(0.6) ? mutate(random, call, this.#wordsOf(call)) : call;
    if (kind < 85) return ["COMMAND", random.pick(["GETKEYS", "GETKEYSANDFLAGS"]), ...changed];
    if (kind < 92) return ["ACL", "DRYRUN", "default", ...changed];
    if (kind < 110 && SOUND_WHEN_RAW.test(call[0])) return ["!raw", malformed(random, changed)];
    return changed;
  }

  #wordsOf(call: readonly string[]): readonly string[] {
    const name = call[0].toLowerCase();
    return this.#words.get(`${name}|${call[1]?.toLowerCase()}`) ?? this.#words.get(name) ?? [];
  }
}

function tokensIn(list: readonly Argument[]): string[] {
  return list.flatMap((one) => [...one.token ? [one.token] : [], ...tokensIn(one.arguments)]);
}

/** A call as bytes that are almost RESP, or an inline command. */
function malformed(random: Random, args: readonly string[]): string {
  const encoded = `*${args.length}\r\n` +
    args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join("");
  const header = /[*$](-?\d+)\r\n/g;
  const headers = [...encoded.matchAll(header)];
  switch (random.below(6)) {
    case 0: {
      const { index, 0: whole } = random.pick(headers);
      const number = extreme(random);
      return encoded.slice(0, index + 1) + number + "\r\n" + encoded.slice(index + whole.length);
    }
    case 1:
      return encoded.slice(0, random.below(encoded.length));
    case 2: {
      const at = random.below(encoded.length);
      return encoded.slice(0, at) + garbage(random) + encoded.slice(at);
    }
    case 3:
      return `${args.map((arg) => arg.replace(/[\r\n]/g, " ")).join(" ")}\r\n`;
    case 4:
      return encoded.replace(/\r\n/g, () => random.pick(["\r\n", "\r\n", "\n", "\r", "\n\r"]));
    default:
      return garbage(random) + encoded;
  }
}
