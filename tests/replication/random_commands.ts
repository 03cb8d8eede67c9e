/** Seeded random commands for a primary, among them what a replica must not do for itself: scripts, functions, expiry. */

import type { RawClient } from "../support/raw_client.ts";
import type { Random } from "../support/random.ts";
import { readCandidates } from "../differential/random/candidates.ts";
import { Generator } from "../differential/random/generator.ts";
import type { Member } from "./topology.ts";

/** What comes out differently each time, or breaks off halfway: only its effects may be replicated. */
const SCRIPTS = [
  "return redis.call('SET', KEYS[1], redis.call('TIME')[2])",
  "return redis.call('SPOP', KEYS[1], 2)",
  "redis.call('SADD', KEYS[1], unpack(ARGV)) return redis.call('SRANDMEMBER', KEYS[1])",
  "redis.call('INCR', KEYS[1]) return redis.call('LPUSH', KEYS[1], 'x')",
  "redis.pcall('LPUSH', KEYS[1], ARGV[1]) redis.pcall('HINCRBY', KEYS[1], ARGV[1], 3) return 1",
  "redis.call('SELECT', 2) redis.call('SET', KEYS[1], ARGV[1]) return redis.call('SELECT', 0)",
  "local keys = redis.call('KEYS', '*') if #keys > 40 then return redis.call('DEL', unpack(keys)) end",
  "return redis.call('XADD', KEYS[1], '*', 'field', ARGV[1])",
  "return redis.call('SET', KEYS[1], ARGV[1], 'PX', 1 + #ARGV[1] * 10)",
];

const LIBRARY = `#!lua name=replicated
redis.register_function('random_push', function(keys, args)
  return redis.call('RPUSH', keys[1], tostring(math.random()), args[1])
end)
redis.register_function('fails_late', function(keys, args)
  redis.call('APPEND', keys[1], args[1])
  return redis.error_reply('late')
end)
redis.register_function('hash_time', function(keys, args)
  return redis.call('HSET', keys[1], args[1], redis.call('TIME')[1])
end)`;

const FUNCTIONS = ["random_push", "fails_late", "hash_time"];
const KEYS = ["s1", "s2", "h1", "l1", "e1", "z1", "x1", "k1", "expiring"];
const TEXTS = ["a", "b", "7", "", "\x00\xff\r\n", "x".repeat(70)];

/** Makes commands of all types, the same for the same source of random numbers. */
export class RandomCommands {
  readonly #generator: Generator;

  private constructor(generator: Generator, private readonly random: Random) {
    this.#generator = generator;
  }

  /** Learns which commands both servers have, and loads a library of functions into the first. */
  static async create(primary: Member, replica: Member, random: Random): Promise<RandomCommands> {
    const candidates = await readCandidates({ expected: primary, actual: replica });
    await primary.texts("FUNCTION", "LOAD", LIBRARY);
    return new RandomCommands(new Generator(candidates, random), random);
  }

  /** The next command. */
  next(): readonly string[] {
    const { random } = this;
    const key = random.pick(KEYS);
    switch (random.below(100)) {
      case 0:
      case 1:
        return ["EVAL", random.pick(SCRIPTS), "1", key, random.pick(TEXTS), random.pick(TEXTS)];
      case 2:
        return ["FCALL", random.pick(FUNCTIONS), "1", key, random.pick(TEXTS)];
      case 3:
        return ["SET", random.pick(KEYS), random.pick(TEXTS), "PX", String(random.between(1, 400))];
      case 4:
        return random.chance(0.5)
          ? ["PEXPIRE", key, String(random.between(1, 400))]
          : ["GETEX", key, "PX", String(random.between(1, 400))];
      case 5:
        return [
          "XADD",
          "x1",
          ...(random.chance(0.5) ? ["MAXLEN", "100"] : []),
          "*",
          "field",
          "value",
        ];
      case 6:
        return ["FUNCTION", "LOAD", "REPLACE", LIBRARY];
      default:
        return this.#generated();
    }
  }

  #generated(): readonly string[] {
    for (;;) {
      const command = this.#generator.next();
      // Limits of encodings are each server's own. They change the bytes of a HyperLogLog, and a listpack has
      // no score of -0, in redis-server too.
      if (command[0].toUpperCase() !== "CONFIG") return command;
    }
  }

  /** Sends so many commands, some at a time, and reads what is answered, whatever it is. */
  async play(client: RawClient, count: number): Promise<void> {
    for (let left = count; left > 0; left -= BATCH) {
      await client.pipeline(Array.from({ length: Math.min(BATCH, left) }, () => this.next()));
    }
  }
}

const BATCH = 64;
