/** How readily Linux ends the process when memory runs out (`oom-score-adj`). */

import { ConfigError, type Configuration, ValueError } from "../config/mod.ts";
import { COMMAND_LINE, systemErrorText } from "../config/errors.ts";
import type { Log } from "../observe/log.ts";

const FILE = "/proc/self/oom_score_adj";
const LEAST = -1000, MOST = 1000;

/** The system's score of this process. */
export interface OomScore {
  read(): number;
  write(score: number): void;
}

/** That of the process which runs this. Both throw what Deno throws. */
export const PROCESS_OOM_SCORE: OomScore = {
  read: () => Number(Deno.readTextFileSync(FILE)),
  write: (score) => Deno.writeTextFileSync(FILE, `${score}\n`, { create: false }),
};

const NOT_ALLOWED =
  "only a program that may do everything (deno run -A) sets its score: leave that to what starts " +
  "it, such as systemd with OOMScoreAdjust=, and give 'oom-score-adj no'";
const FAILED = "Failed to apply new oom_score_adj configuration, check server logs.";

/**
 * Sets the score as the directives say, now and whenever CONFIG SET changes them. Where the system refuses,
 * the log says so, and CONFIG SET fails. Throws `ConfigError` where Deno does not let the program do it at all.
 */
export function followOomScore(
  configuration: Configuration,
  log: Log,
  score: OomScore = PROCESS_OOM_SCORE,
): void {
  const { settings } = configuration;
  /** The score before it was changed here. */
  let base: number | null = null;

  /** Throws `ValueError` with what CONFIG SET answers. */
  const apply = () => {
    const mode = settings["oom-score-adj"];
    if (mode === "no" && base === null) return;
    const [primary] = settings["oom-score-adj-values"], former = base;
    try {
      const before = base ?? score.read();
      const wanted = mode === "no" ? before : mode === "absolute" ? primary : before + primary;
      base = mode === "no" ? null : before;
      score.write(Math.min(MOST, Math.max(LEAST, wanted)));
    } catch (error) {
      base = former;
      if (error instanceof Deno.errors.NotCapable) throw new ValueError(NOT_ALLOWED);
      log.warning(`Unable to write oom_score_adj: ${systemErrorText(error)}`);
      throw new ValueError(FAILED);
    }
  };

  try {
    apply();
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    // As in Redis a server starts where the system only says no.
    if (error.message === NOT_ALLOWED) {
      const place = configuration.placeOf("oom-score-adj") ?? { file: COMMAND_LINE, line: 0 };
      throw new ConfigError(place, "oom-score-adj", error.message);
    }
  }
  configuration.onChange("oom-score-adj", apply);
  configuration.onChange("oom-score-adj-values", apply);
}
