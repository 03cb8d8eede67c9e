/** The grammar of `proc-title-template`. */

/** What can stand in braces. */
const TITLE_VARIABLES = [
  "title",
  "listen-addr",
  "server-mode",
  "port",
  "tls-port",
  "unixsocket",
  "config-file",
] as const;

/** The name of a variable. */
export type TitleVariable = typeof TITLE_VARIABLES[number];

/**
 * The template with the values of its variables, without spaces around it; null where a brace is not closed or
 * holds no variable. `{{` is a brace.
 */
export function expandTitle(
  template: string,
  valueOf: (name: TitleVariable) => string,
): string | null {
  let isValid = true;
  const title = template.replace(/\{\{|\{([^}]*)(\}?)/g, (found, name, end) => {
    if (found === "{{") return "{";
    const variable = TITLE_VARIABLES.find((known) => known === name);
    if (variable !== undefined && end !== "") return valueOf(variable);
    isValid = false;
    return "";
  });
  return isValid ? title.replace(/^ +| +$/g, "") : null;
}
