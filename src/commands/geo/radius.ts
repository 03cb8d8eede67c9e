/** GEORADIUS, GEORADIUSBYMEMBER and their read-only forms: GEOSEARCH as it was before Redis 6.2. */

import type { CallKeys } from "../../access/call_keys.ts";
import { keyFlagBits } from "../../access/key_flags.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, double, integer, key, keyAt, oneOf, string, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import type { ArgumentSpec, KeySpec } from "../description.ts";
import type { QueryForm } from "./query.ts";
import { searchArea } from "./search.ts";
import { UNIT } from "./units.ts";

const STORING = { mayStore: true, storingName: "STORE option in GEORADIUS" };

function radiusCommand(form: QueryForm): (context: CommandContext, args: Frame) => void {
  return (context, args) => searchArea(context, args, 1, form, "georadiusstore");
}

const georadius = radiusCommand({ center: "position", from: 2, ...STORING });
const georadiusReadOnly = radiusCommand({ center: "position", from: 2 });
const georadiusbymember = radiusCommand({ center: "member", from: 2, ...STORING });
const georadiusbymemberReadOnly = radiusCommand({ center: "member", from: 2 });

/** The key behind a word. */
function keyBehind(keyword: string, startFrom: number): KeySpec {
  return {
    flags: ["OW", "update"],
    begin: { type: "keyword", keyword, startFrom },
    find: { type: "range", lastKey: 0, step: 1, limit: 0 },
  };
}

/** Where options may stand in the shortest call. */
const FIRST_OPTION = 5;
const SEARCHED = keyFlagBits(["RO", "access"]), STORED = keyFlagBits(["OW", "update"]);

/** The key that is searched, and the last one behind STORE or STOREDIST: slots go by these. */
function findRadiusKeys(args: Frame, keys: CallKeys): void {
  let store = 0;
  for (let i = FIRST_OPTION; i + 1 < args.argc; i++) {
    if (args.is(i, "STORE") || args.is(i, "STOREDIST")) store = ++i;
  }
  keys.addOne(1, SEARCHED);
  if (store > 0) keys.addOne(store, STORED);
}

/** What of the members within the radius is replied. */
const SHOWN: readonly ArgumentSpec[] = [
  token("WITHCOORD", { optional: true }),
  token("WITHDIST", { optional: true }),
  token("WITHHASH", { optional: true }),
];
const ORDER = oneOf("order", [token("ASC"), token("DESC")], { optional: true });

const AROUND_POSITION: readonly ArgumentSpec[] = [
  key(),
  double("longitude"),
  double("latitude"),
  double("radius"),
  UNIT,
  ...SHOWN,
  block("count", [
    integer("count", { token: "COUNT" }),
    token("ANY", { since: "6.2.0", optional: true }),
  ], { optional: true }),
  ORDER,
];

const AROUND_MEMBER: readonly ArgumentSpec[] = [
  key(),
  string("member"),
  double("radius"),
  UNIT,
  ...SHOWN,
  block("count", [integer("count", { token: "COUNT" }), token("ANY", { optional: true })], {
    optional: true,
  }),
  ORDER,
];

const STORING_KEYS: readonly ArgumentSpec[] = [
  key("key", { keySpecIndex: 1, token: "STORE", optional: true }),
  key("key", { keySpecIndex: 2, token: "STOREDIST", optional: true }),
];

export const GEORADIUS: CommandDeclaration = {
  name: "georadius",
  summary: "Replies or stores the members of a geospatial index within a distance of a position",
  since: "3.2.0",
  group: "geo",
  complexity:
    "O(N+log(M)), N being the number of members in the cells around the area and M of all members.",
  arity: -6,
  flags: ["write", "denyoom"],
  categories: ["geo"],
  keys: [
    keyAt(1, ["RO", "access"]),
    keyBehind("STORE", 6),
    keyBehind("STOREDIST", 6),
  ],
  findKeys: findRadiusKeys,
  arguments: [
    ...AROUND_POSITION,
    ...STORING_KEYS,
  ],
  history: [["6.2.0", "`COUNT` takes `ANY`."], [
    "7.0.0",
    "Units may be in upper case.",
  ]],
  deprecated: {
    since: "6.2.0",
    replacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
  },
  run: georadius,
};

export const GEORADIUS_RO: CommandDeclaration = {
  name: "georadius_ro",
  summary: "Replies the members of a geospatial index within a distance of a position",
  since: "3.2.10",
  group: "geo",
  complexity:
    "O(N+log(M)), N being the number of members in the cells around the area and M of all members.",
  arity: -6,
  flags: ["readonly"],
  categories: ["geo"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: AROUND_POSITION,
  history: [["6.2.0", "`COUNT` takes `ANY`."]],
  deprecated: { since: "6.2.0", replacedBy: "`GEOSEARCH` with the `BYRADIUS` argument" },
  run: georadiusReadOnly,
};

export const GEORADIUSBYMEMBER: CommandDeclaration = {
  name: "georadiusbymember",
  summary: "Replies or stores the members of a geospatial index within a distance of a member",
  since: "3.2.0",
  group: "geo",
  complexity:
    "O(N+log(M)), N being the number of members in the cells around the area and M of all members.",
  arity: -5,
  flags: ["write", "denyoom"],
  categories: ["geo"],
  keys: [
    keyAt(1, ["RO", "access"]),
    keyBehind("STORE", 5),
    keyBehind("STOREDIST", 5),
  ],
  findKeys: findRadiusKeys,
  arguments: [
    ...AROUND_MEMBER,
    ...STORING_KEYS,
  ],
  history: [["7.0.0", "Units may be in upper case."]],
  deprecated: {
    since: "6.2.0",
    replacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
  },
  run: georadiusbymember,
};

export const GEORADIUSBYMEMBER_RO: CommandDeclaration = {
  name: "georadiusbymember_ro",
  summary: "Replies the members of a geospatial index within a distance of a member",
  since: "3.2.10",
  group: "geo",
  complexity:
    "O(N+log(M)), N being the number of members in the cells around the area and M of all members.",
  arity: -5,
  flags: ["readonly"],
  categories: ["geo"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: AROUND_MEMBER,
  deprecated: {
    since: "6.2.0",
    replacedBy: "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
  },
  run: georadiusbymemberReadOnly,
};
