/** Programs that print, as scripts that return what was printed. */

const PRELUDE = "local __out={} local function print(...) local r={} " +
  "for i=1,select('#',...) do r[i]=tostring((select(i,...))) end " +
  "__out[#__out+1]=table.concat(r,'\\t')..'\\n' end ";

/** The program as a script. Its lines keep their numbers. */
export function wrapProgram(program: string): string {
  return `${PRELUDE}${program}\nreturn table.concat(__out)`;
}
