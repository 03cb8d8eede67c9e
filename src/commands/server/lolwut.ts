/** LOLWUT: a piece of computer art, ours, and the version of Redis. */

import { requireInteger } from "../../base/numbers.ts";
import type { Span } from "../../base/span.ts";
import { REDIS_VERSION } from "../../config/mod.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

/** A parameter of a piece: what it is when not given, and the most it can be. */
interface Parameter {
  readonly usual: number;
  readonly most: number;
}

/** A piece of art. */
interface Piece {
  readonly title: string;
  readonly parameters: readonly Parameter[];
  /** Its lines. */
  draw(...parameters: number[]): string[];
}

/** Columns, waves across, and rows. */
const WEAVE: Piece = {
  title: "Weave: two threads that cannot agree.",
  parameters: [{ usual: 66, most: 1000 }, { usual: 8, most: 200 }, { usual: 12, most: 200 }],
  draw: (columns, waves, rows) =>
    drawRows(rows, columns, (row, column) => {
      const turn = Math.sin(2 * Math.PI * (column / columns * waves + row / rows));
      return Math.random() * 2 - 1 < turn ? "/" : "\\";
    }),
};

const SHADES = " .:#";

/** Columns and rows. */
const SKYLINE: Piece = {
  title: "Skyline: a city that never was.",
  parameters: [{ usual: 80, most: 1000 }, { usual: 20, most: 1000 }],
  draw(columns, rows) {
    const heights: number[] = [], shades: number[] = [];
    while (heights.length < columns) {
      const width = 2 + Math.floor(Math.random() * 6);
      const height = Math.floor(Math.random() * rows);
      const shade = 1 + Math.floor(Math.random() * (SHADES.length - 1));
      for (let i = 0; i < width; i++) heights.push(height), shades.push(shade);
    }
    return drawRows(
      rows,
      columns,
      (row, column) => SHADES[rows - row <= heights[column] ? shades[column] : 0],
    );
  },
};

function drawRows(
  rows: number,
  columns: number,
  cell: (row: number, column: number) => string,
): string[] {
  return Array.from(
    { length: rows },
    (_, row) => Array.from({ length: columns }, (_, column) => cell(row, column)).join(""),
  );
}

/** The versions of Redis that came with a piece; all others just tell the version. */
const PIECES: ReadonlyMap<number | bigint, Piece> = new Map([[5, WEAVE], [6, SKYLINE]]);

function lolwut({ reply }: CommandContext, args: Frame): void {
  const isVersioned = args.argc >= 3 && args.is(1, "VERSION");
  const piece = isVersioned ? PIECES.get(requireInteger(args.span(2))) : undefined;
  const lines = piece === undefined ? [] : [...exhibit(piece, args), "", `${piece.title} `];
  reply.verbatim(`${lines.join("\n")}Redis ver. ${REDIS_VERSION}\n`, "txt");
}

function exhibit({ parameters, draw }: Piece, args: Frame): string[] {
  return draw(
    ...parameters.map(({ usual, most }, i) =>
      i + 3 < args.argc ? clamp(args.span(i + 3), most) : usual
    ),
  );
}

function clamp(argument: Span, most: number): number {
  return Math.min(most, Math.max(1, Number(requireInteger(argument))));
}

export const LOLWUT: CommandDeclaration = {
  name: "lolwut",
  summary: "Shows a piece of computer art and the version of Redis",
  since: "5.0.0",
  group: "server",
  arity: -1,
  flags: ["readonly", "fast"],
  arguments: [integer("version", { token: "VERSION", optional: true })],
  run: lolwut,
};
