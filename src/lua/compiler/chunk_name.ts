/** How the name of a chunk is shown (luaO_chunkid). */

/** The room for a name in errors while a chunk runs, and while it is compiled. */
export const SHORT_NAME = 60;
export const LONG_NAME = 80;

/**
 * The name to show: after "=" as it is, after "@" the end of a file's name, and for any other name the
 * first line of the chunk's text.
 */
export function displayName(name: string, room: number): string {
  if (name[0] === "=") return name.slice(1, room);
  if (name[0] === "@") {
    const file = name.slice(1);
    const fits = room - " ...".length - 1 - 3;
    return file.length > fits ? "..." + file.slice(file.length - fits) : file;
  }
  const line = /^[^\n\r]*/.exec(name)![0];
  const fits = room - '[string "..."]'.length - 3;
  const shown = line.length > fits ? line.slice(0, fits) : line;
  return shown.length < name.length ? `[string "${shown}..."]` : `[string "${shown}"]`;
}
