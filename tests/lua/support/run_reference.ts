/** Runs Lua programs on the references: `lua5.1` for the language, redis-server for all with Redis in it. */

import { bytesOf, byteString } from "../../../src/base/span.ts";
import { startReference } from "../../support/reference.ts";
import type { ServerProcess } from "../../support/server_process.ts";

/** Milliseconds; the machine may be busy. */
const REPLY_TIMEOUT = 120_000;

/** What stands between the outputs of two programs. */
const SEPARATOR = "\x01--- next program ---\x01\n";

/** Runs each program of the file in a table of globals of its own; programs are separated by lines. */
const DRIVER = `
local text = io.read("*a")
local separator = ${JSON.stringify(SEPARATOR).replace(/\\u0001/g, "\\1")}
local at = 1
while true do
  local first, last = text:find(separator, at, true)
  local program = text:sub(at, first and first - 1)
  local globals = setmetatable({}, {__index = _G})
  globals._G = globals
  local f, e = loadstring(program, "=program")
  if not f then print("ERROR " .. e)
  else
    setfenv(f, globals)
    local ok, e = pcall(f)
    if not ok then print("ERROR " .. (type(e) == "string" and e or "(error object is not a string)")) end
  end
  if not first then break end
  io.write(separator)
  at = last + 1
end
`;

/** Whether `lua5.1` is installed. */
export function hasLua(): boolean {
  try {
    return new Deno.Command("lua5.1", { args: ["-v"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return false;
  }
}

/** What `lua5.1` prints for each program; an error is printed after "ERROR ". */
export async function runOnLua(programs: readonly string[]): Promise<string[]> {
  const process = new Deno.Command("lua5.1", {
    args: ["-e", DRIVER],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  const written = writer.write(bytesOf(programs.join(SEPARATOR))).then(() => writer.close());
  const [output] = await Promise.all([process.output(), written]);
  if (!output.success) throw new Error(`lua5.1 failed: ${new TextDecoder().decode(output.stderr)}`);
  return byteString(output.stdout).split(SEPARATOR);
}

/** A redis-server that evaluates scripts. */
export class EvalReference implements AsyncDisposable {
  private constructor(private readonly server: ServerProcess) {}

  /** Starts it. */
  static async start(): Promise<EvalReference> {
    return new EvalReference(await startReference());
  }

  /** The replies of EVAL to the scripts, in the form of `evaluate`. */
  async evaluate(scripts: readonly string[]): Promise<string[]> {
    using client = await this.server.connect();
    const results: string[] = [];
    for (const script of scripts) {
      await client.send("EVAL", script, "0");
      const reply = await client.read(REPLY_TIMEOUT);
      const text = reply.text ?? "nil";
      if (reply.type !== "-") results.push(text);
      else {results.push(
          "ERROR " + text.replace(/^ERR /, "").replace(/ script: [0-9a-f]{40}, on @.*$/, ""),
        );}
    }
    return results;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}
