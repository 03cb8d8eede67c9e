/** A graph of values in characters, as LATENCY GRAPH draws it. */

/** The graph's height in lines, and how many values stand beside each other. */
const ROWS = 4;
const COLUMNS = 80;
/** The heights within one line, lowest first. */
const STEPS = "_o#";
/** What fills the lines below a column's top. */
const FILL = "|";

/** One column. */
export interface SparklineValue {
  readonly value: number;
  /** Written below the column from top to bottom. */
  readonly label: string;
}

/** Lines of text, each with its end: the values as columns, those that don't fit in further graphs below. */
export function renderSparkline(values: readonly SparklineValue[]): string {
  const lowest = Math.min(...values.map(({ value }) => value));
  const range = Math.max(...values.map(({ value }) => value)) - lowest || 1;
  const graphs: string[] = [];
  for (let at = 0; at < values.length; at += COLUMNS) {
    const part = values.slice(at, at + COLUMNS);
    const heights = part.map(({ value }) => heightOf(value - lowest, range));
    graphs.push([...bars(heights), " ".repeat(part.length), ...labels(part), ""].join("\n"));
  }
  return graphs.join("\n");
}

/** The height of a column in steps, from 0. */
function heightOf(value: number, range: number): number {
  const most = ROWS * STEPS.length;
  return Math.min(most - 1, Math.floor(value * most / range));
}

function bars(heights: readonly number[]): string[] {
  return Array.from({ length: ROWS }, (_, row) => {
    const below = (ROWS - row - 1) * STEPS.length;
    return heights.map((height) => {
      const step = height - below;
      return step < 0 ? " " : STEPS[step] ?? FILL;
    }).join("");
  });
}

function labels(values: readonly SparklineValue[]): string[] {
  const longest = Math.max(...values.map(({ label }) => label.length));
  return Array.from(
    { length: longest },
    (_, line) => values.map(({ label }) => label[line] ?? " ").join(""),
  );
}
