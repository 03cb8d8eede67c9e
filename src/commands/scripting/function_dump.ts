/** FUNCTION DUMP and RESTORE. */

import { ReplyError } from "../../base/errors.ts";
import type { ByteRange } from "../../base/span.ts";
import { FunctionLibraries } from "../../keyspace/function_libraries.ts";
import { createLibraryPayload, readLibraryPayload } from "../../persistence/library_payload.ts";
import { isPayload } from "../../persistence/rdb_payload.ts";
import type { Frame } from "../../resp/frame.ts";
import type { CommandContext, ServerContext } from "../context.ts";
import { subcommandSyntaxError } from "../help.ts";

const NOT_A_PAYLOAD = new ReplyError("ERR DUMP payload version or checksum are wrong");
const BAD_POLICY = new ReplyError(
  "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.",
);

/** Runs FUNCTION DUMP. */
export function functionDump({ keyspace, reply, settings }: CommandContext): void {
  const texts = Array.from(keyspace.libraries, ({ text }) => text);
  const payload = createLibraryPayload(texts, settings.rdbcompression);
  reply.bulkBytes(payload, 0, payload.length);
}

/** Runs FUNCTION RESTORE. */
export function functionRestore(context: ServerContext<"debug">, args: Frame): void {
  const { keyspace, reply, server } = context;
  if (args.argc > 4) throw subcommandSyntaxError(args);
  const policy = args.argc === 4 ? requirePolicy(args) : "append";
  const payload = args.span(2);
  if (!isPayload(payload, server.debug.skipsChecksums)) throw NOT_A_PAYLOAD;
  const { libraries } = keyspace;
  const restored = requireLibraries(context, payload);
  if (policy === "flush") libraries.clear();
  libraries.join(restored, policy === "replace");
  keyspace.dirty++;
  reply.ok();
}

function requirePolicy(args: Frame): "append" | "replace" | "flush" {
  if (args.is(3, "APPEND")) return "append";
  if (args.is(3, "REPLACE")) return "replace";
  if (args.is(3, "FLUSH")) return "flush";
  throw BAD_POLICY;
}

/** The libraries of a payload. */
function requireLibraries(
  { client, keyspace }: CommandContext,
  payload: ByteRange,
): FunctionLibraries {
  const libraries = new FunctionLibraries(keyspace.libraries.compiler);
  const options = { replaces: false, isLimited: !client.mustObey };
  for (const text of readLibraryPayload(payload)) libraries.load(text, options);
  return libraries;
}
