/** INFO's text: sections of `name:value` lines (https://redis.io/docs/latest/commands/info/). */

/** The fields of a section, in their order. */
export type InfoFields = readonly (readonly [name: string, value: string | number])[];

/** A section of INFO. */
export interface InfoSection {
  /** As its headline shows it; asked for in lower case. */
  readonly name: string;
  /** Another name by which it may be asked for. */
  readonly alias?: string;
  /** Left out unless it or everything is asked for. */
  readonly onlyOnDemand?: boolean;
  /** Its present fields. */
  readonly fields: () => InfoFields;
}

/** What asks for every section. */
const EVERYTHING = ["all", "everything"];

/**
 * The text of the sections that `requested` names (in lower case; unknown names mean nothing), of the
 * usual ones for none or `default`. The sections come in the order of `sections`, each once.
 */
export function renderInfo(sections: readonly InfoSection[], requested: readonly string[]): string {
  const everything = requested.some((name) => EVERYTHING.includes(name));
  const usual = requested.length === 0 || requested.includes("default");
  return sections
    .filter(({ name, alias, onlyOnDemand }) =>
      everything || usual && !onlyOnDemand || requested.includes(name.toLowerCase()) ||
      alias !== undefined && requested.includes(alias)
    )
    .map(renderSection)
    .join("\r\n");
}

function renderSection({ name, fields }: InfoSection): string {
  const lines = fields().map(([field, value]) => `${field}:${value}\r\n`);
  return `# ${name}\r\n${lines.join("")}`;
}

const UNITS = "BKMGTP";

/** A number of bytes for people: `1.47M`. */
export function humanBytes(bytes: number): string {
  let unit = 0;
  let amount = bytes;
  for (; amount >= 1024 && unit < UNITS.length - 1; unit++) amount /= 1024;
  return (unit === 0 ? String(amount) : amount.toFixed(2)) + UNITS[unit];
}

/** `part` of `whole` in percent: `50.33%`. */
export function percentage(part: number, whole: number): string {
  const share = whole > 0 ? Math.min(100, Math.max(0, 100 * part / whole)) : 0;
  return `${share.toFixed(2)}%`;
}
