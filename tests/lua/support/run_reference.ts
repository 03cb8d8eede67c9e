/** Runs Lua programs on the references: `lua5.1` for the language, redis-server for all with Redis in it. */

import { bytesOf, byteString } from "../../../src/base/span.ts";
import { ConnectionClosed, type RawClient } from "../../support/raw_client.ts";
import { startReference } from "../../support/reference.ts";
import { hasProgram, requiredTest } from "../../support/required_test.ts";
import type { ServerProcess } from "../../support/server_process.ts";

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

/** Registers a test that needs `lua5.1` (see `requiredTest`). */
export function luaTest(name: string, run: () => void | Promise<void>): void {
  const missing = hasProgram("lua5.1", "-v")
    ? undefined
    : "lua5.1 is not installed (apt-get install lua5.1)";
  requiredTest(missing, name, run);
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
  // An error at the level of the program's caller has the place of the driver above.
  const text = byteString(output.stdout).replaceAll(/\(command line\):\d+: /g, "");
  return text.split(SEPARATOR);
}

/** What stands for the reply to a script that has made redis-server crash. */
export const CRASHED = "the reference has crashed";

/** A redis-server that evaluates scripts. One that crashes is followed by another. */
export class EvalReference implements AsyncDisposable {
  private constructor(private server: ServerProcess) {}

  /** Starts it. */
  static async start(): Promise<EvalReference> {
    return new EvalReference(await startReference());
  }

  /** The replies of EVAL to the scripts, in the form of `evaluate`; `CRASHED` for one that can't be had. */
  async evaluate(scripts: readonly string[]): Promise<string[]> {
    const results: string[] = [];
    while (results.length < scripts.length) {
      try {
        using client = await this.server.connect();
        while (results.length < scripts.length) {
          results.push(await evaluateOn(client, scripts[results.length]));
        }
      } catch (error) {
        if (!(error instanceof ConnectionClosed)) throw error;
        results.push(CRASHED);
        await this.server[Symbol.asyncDispose]();
        this.server = await startReference();
      }
    }
    return results;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

async function evaluateOn(client: RawClient, script: string): Promise<string> {
  const reply = await client.call("EVAL", script, "0");
  const text = reply.text ?? "nil";
  if (reply.type !== "-") return text;
  return `ERROR ${text.replace(/^ERR /, "").replace(/ script: [0-9a-f]{40}, on @.*$/, "")}`;
}
