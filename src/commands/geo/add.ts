/** GEOADD. */

import { SYNTAX_ERROR } from "../../base/errors.ts";
import { bytesOf } from "../../base/span.ts";
import { scoreAt } from "../../data/geohash.ts";
import { Frame } from "../../resp/frame.ts";
import { zadd } from "../sorted_set/add.ts";
import { block, double, key, keyAt, oneOf, string, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { requirePosition } from "./units.ts";

/** Runs as the ZADD that has scores in the place of positions, and is propagated as that. */
function geoadd(context: CommandContext, args: Frame): void {
  let first = 2, nx = false, xx = false;
  for (; first < args.argc; first++) {
    if (args.is(first, "NX")) nx = true;
    else if (args.is(first, "XX")) xx = true;
    else if (!args.is(first, "CH")) break;
  }
  if ((args.argc - first) % 3 !== 0 || nx && xx) throw SYNTAX_ERROR;

  const parts = [bytesOf("zadd")];
  for (let i = 1; i < first; i++) parts.push(args.copy(i));
  for (let i = first; i < args.argc; i += 3) {
    const position = requirePosition(args.span(i), args.span(i + 1));
    parts.push(bytesOf(String(scoreAt(position))), args.copy(i + 2));
  }
  const call = Frame.fromBytes(parts);
  zadd(context, call);
  const rest = Array.from({ length: call.argc - 1 }, (_, i) => call.span(i + 1));
  context.propagation.replace("zadd", ...rest);
}

export const GEOADD: CommandDeclaration = {
  name: "geoadd",
  summary: "Adds members with their positions to a geospatial index, or moves them",
  since: "3.2.0",
  group: "geo",
  complexity: "O(log(N)) for each member, N being the number of members.",
  arity: -5,
  flags: ["write", "denyoom"],
  categories: ["geo"],
  keys: [keyAt(1, ["RW", "update"])],
  arguments: [
    key(),
    oneOf("condition", [token("NX"), token("XX")], { since: "6.2.0", optional: true }),
    token("CH", { name: "change", since: "6.2.0", optional: true }),
    block(
      "longitude_latitude_member",
      [double("longitude"), double("latitude"), string("member")],
      { multiple: true },
    ),
  ],
  history: [["6.2.0", "Takes `CH`, `NX` and `XX`."]],
  run: geoadd,
};
