/** Random rules of access, right and wrong ones. */

import { CATEGORIES } from "../../src/access/categories.ts";
import type { CommandTable } from "../../src/access/command.ts";
import type { Random } from "../support/random.ts";

const HASH = "ab".repeat(32);
const PATTERNS = ["a", "b*", "user:[0-9]*", "?", "*", "", "A", "\\*", "x y", "(", "k)"];
const WORDS = [
  "on",
  "OFF",
  "nopass",
  "resetpass",
  "reset",
  "sanitize-payload",
  "skip-sanitize-payload",
  "clearselectors",
  "allkeys",
  "ResetKeys",
  "allchannels",
  "resetchannels",
  "allcommands",
  "NoCommands",
  "+@all",
  "-@all",
  ">secret",
  ">other",
  "<secret",
  `#${HASH}`,
  `!${HASH}`,
];
const WRONG = [
  "what",
  "+",
  "-",
  "+@",
  "-@nosuch",
  "+nosuch",
  "-select|0",
  "+config|nosuch",
  "+config|",
  "+get|",
  "+config|get|x",
  "#12",
  "!12",
  "%~a",
  "%X~a",
  "%",
  "(~a",
  "(on)",
  "(~a (~b))",
  "(",
  ")",
  '(~"a b")',
  "",
];

/** Makes rules for one set of commands. */
export class RuleSource {
  readonly #random: Random;
  readonly #table: CommandTable;

  constructor(random: Random, table: CommandTable) {
    this.#random = random;
    this.#table = table;
  }

  /** The rules of one ACL SETUSER. */
  rules(): string[] {
    const count = 1 + this.#random.below(6);
    return Array.from({ length: count }, () => this.#rule());
  }

  #rule(): string {
    const random = this.#random;
    switch (random.below(10)) {
      case 0:
      case 1:
        return random.pick(WORDS);
      case 2:
        return random.below(3) === 0 ? random.pick(WRONG) : this.#keys();
      case 3: {
        const inner = Array.from({ length: random.below(5) }, () => this.#aboutCalls());
        return `(${inner.join(" ")})`;
      }
      default:
        return this.#aboutCalls();
    }
  }

  #aboutCalls(): string {
    const random = this.#random;
    const sign = random.pick(["+", "-"]);
    switch (random.below(8)) {
      case 0:
        return this.#keys();
      case 1:
        return `&${random.pick(PATTERNS)}`;
      case 2:
        return `+${random.pick(["select", "get", "client"])}|${random.pick(["0", "X", "x"])}`;
      case 3:
      case 4:
        return `${sign}@${random.pick(CATEGORIES)}`;
      default:
        return sign + random.pick(this.#table.all).fullName;
    }
  }

  #keys(): string {
    const random = this.#random;
    return random.pick(["~", "~", "%R~", "%W~", "%RW~", "%r~"]) + random.pick(PATTERNS);
  }
}
