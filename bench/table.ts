/** Figures as people read them. */

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A table in columns: the first one aligned left, the others right. */
export function formatTable(header: readonly string[], rows: readonly string[][]): string {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((r) => r[i].length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  ")
      .trimEnd();
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)]
    .join("\n");
}

/** `1234567` → `1,234,567` */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Bytes as MB. */
export function formatMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A ratio, with whether it is what was aimed for. */
export function formatRatio(ratio: number, target?: { atLeast?: number; atMost?: number }): string {
  const text = `${ratio.toFixed(2)}×`;
  if (target === undefined) return text;
  const { atLeast = -Infinity, atMost = Infinity } = target;
  return `${text} ${ratio >= atLeast && ratio <= atMost ? "ok" : "MISSED"}`;
}
