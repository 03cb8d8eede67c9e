/** Command rules as text. What was once given is not kept: the text is made from what is allowed. */

import { CATEGORIES, type Category } from "./categories.ts";
import { CommandRules } from "./command_rules.ts";

/**
 * Rules that, applied to a new user, allow the same: all or none first, then the categories that fit best,
 * then single commands. Redis' own way to choose them, so the text is Redis' but for the order of single
 * commands, which is random there.
 */
export function describeCommandRules(rules: CommandRules): string {
  const { table, startsFromAll } = rules;
  const adds = !startsFromAll, sign = adds ? "+" : "-";
  const words = [adds ? "-@all" : "+@all"];
  const described = new CommandRules(table);
  described.setAll(startsFromAll);
  // What the categories chosen so far don't account for; those of their commands that should not be
  // described this way count as if they had never been asked for.
  const rest = rules.copy();
  const candidates = new Set<Category>(CATEGORIES);
  for (;;) {
    const category = chooseCategory(rest, candidates, adds);
    if (category === undefined) break;
    words.push(`${sign}@${category}`);
    described.setCategory(category, adds);
    rest.setCategory(category, !adds);
    candidates.delete(category);
  }
  for (const command of table.all) {
    const allowed = rules.allows(command);
    if (allowed !== described.allows(command)) {
      words.push(`${allowed ? "+" : "-"}${command.fullName}`);
      described.set(command, allowed);
    }
    if (allowed) continue;
    for (const first of rules.firstArgumentsOf(command)) {
      words.push(`+${command.fullName}|${first}`);
    }
  }
  return words.join(" ");
}

/**
 * The category with the fewest commands that would have to be excepted, and of several such the one with
 * the most commands; undefined where none has more commands that fit than exceptions.
 */
function chooseCategory(
  rest: CommandRules,
  candidates: ReadonlySet<Category>,
  adds: boolean,
): Category | undefined {
  let best: Category | undefined, fewest = Infinity, most = 0;
  for (const category of candidates) {
    const commands = rest.table.of(category);
    let fitting = 0;
    for (const command of commands) if (rest.allows(command) === adds) fitting++;
    const exceptions = commands.length - fitting;
    if (fitting <= exceptions) continue;
    if (exceptions > fewest || exceptions === fewest && fitting <= most) continue;
    best = category;
    fewest = exceptions;
    most = fitting;
  }
  return best;
}
