/** What a server that is starting shows to people (`always-show-logo`). */

import { MINIREDIS_VERSION, REDIS_VERSION } from "../config/mod.ts";

/** What the logo tells. */
export interface LogoFacts {
  /** The port for clients; that for TLS where there is no other. */
  readonly port: number;
  readonly pid: number;
  readonly mode: string;
}

/** A small box of things, and beside it who runs where. */
export function logo({ port, pid, mode }: LogoFacts): string {
  const art = [
    "         ________        ",
    "       /        /|       ",
    "      /________/ |       ",
    "      |        | |       ",
    "      |  {}  * | |       ",
    "      |  []  # | /       ",
    "      |________|/        ",
  ];
  const facts = [
    `Redis ${REDIS_VERSION} (00000000/0) 64 bit`,
    "",
    `Running in ${mode} mode`,
    `Port: ${port}`,
    `PID: ${pid}`,
    "",
    `miniredis ${MINIREDIS_VERSION}`,
  ];
  const lines = art.map((row, at) => `${row}${facts[at]}`.trimEnd());
  return `\n${lines.join("\n")}\n\n`;
}
