/** CLUSTER: what a node of a cluster knows and does. */

import { block, integer, oneOf, string, token } from "../arguments.ts";
import type { Frame } from "../../resp/frame.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { help } from "../help.ts";
import { type ClusterContext, requireCluster } from "./cluster_context.ts";
import {
  bumpEpoch,
  failover,
  forget,
  meet,
  replicate,
  reset,
  saveConfig,
  setConfigEpoch,
} from "./nodes.ts";
import {
  addSlotRanges,
  addSlots,
  deleteSlotRanges,
  deleteSlots,
  flushSlots,
  setSlot,
} from "./slots.ts";
import {
  countFailureReports,
  countKeysInSlot,
  getKeysInSlot,
  info,
  links,
  myId,
  nodes,
  replicas,
  slotOfKey,
} from "./tell.ts";
import { shards, slots } from "./topology.ts";

const COMMON = {
  since: "3.0.0",
  group: "cluster",
  complexity: "O(1)",
  flags: ["stale"],
} as const;

/** What changes something. */
const ADMIN = { ...COMMON, flags: ["admin", "stale", "no_async_loading"] } as const;
/** What tells of other nodes, with their names. */
const INQUIRY = {
  ...COMMON,
  flags: ["admin", "stale"],
  tips: ["nondeterministic_output"],
} as const;
const OVER_NODES = "O(N), N being the number of nodes.";
const OVER_SLOTS = "O(N), N being the number of slots.";
const NODE = string("node-id");
const SLOTS = [integer("slot", { multiple: true })];
const SLOT_RANGES = [
  block("start-slot_end-slot", [integer("start-slot"), integer("end-slot")], { multiple: true }),
];

/** Where there is no cluster, there is no help either. */
function helpInCluster(context: ClusterContext, args: Frame): void {
  requireCluster(context);
  help(context, args);
}

export const CLUSTER: CommandDeclaration<ClusterContext> = {
  name: "cluster",
  summary: "Holds the commands about a cluster",
  since: "3.0.0",
  group: "cluster",
  complexity: "Depends on the sub-command.",
  arity: -2,
  flags: [],
  subcommands: [
    {
      ...ADMIN,
      name: "addslots",
      summary: "Gives slots to this node",
      complexity: OVER_SLOTS,
      arity: -3,
      arguments: SLOTS,
      run: addSlots,
    },
    {
      ...ADMIN,
      name: "addslotsrange",
      summary: "Gives ranges of slots to this node",
      since: "7.0.0",
      complexity: OVER_SLOTS,
      arity: -4,
      arguments: SLOT_RANGES,
      run: addSlotRanges,
    },
    {
      ...ADMIN,
      name: "bumpepoch",
      summary: "Raises the epoch of the cluster's configuration",
      arity: 2,
      tips: ["nondeterministic_output"],
      run: bumpEpoch,
    },
    {
      ...INQUIRY,
      name: "count-failure-reports",
      summary: "Counts the nodes that report another one as failing",
      complexity: "O(N), N being the number of reports.",
      arity: 3,
      arguments: [NODE],
      run: countFailureReports,
    },
    {
      ...COMMON,
      name: "countkeysinslot",
      summary: "Counts this node's keys in a slot",
      arity: 3,
      arguments: [integer("slot")],
      run: countKeysInSlot,
    },
    {
      ...ADMIN,
      name: "delslots",
      summary: "Takes slots from this node",
      complexity: OVER_SLOTS,
      arity: -3,
      arguments: SLOTS,
      run: deleteSlots,
    },
    {
      ...ADMIN,
      name: "delslotsrange",
      summary: "Takes ranges of slots from this node",
      since: "7.0.0",
      complexity: OVER_SLOTS,
      arity: -4,
      arguments: SLOT_RANGES,
      run: deleteSlotRanges,
    },
    {
      ...ADMIN,
      name: "failover",
      summary: "Has this replica take its primary's place",
      arity: -2,
      arguments: [oneOf("options", [token("FORCE"), token("TAKEOVER")], { optional: true })],
      run: failover,
    },
    {
      ...ADMIN,
      name: "flushslots",
      summary: "Takes all slots from this node",
      arity: 2,
      run: flushSlots,
    },
    {
      ...ADMIN,
      name: "forget",
      summary: "Has this node forget another one",
      arity: 3,
      arguments: [NODE],
      run: forget,
    },
    {
      ...COMMON,
      name: "getkeysinslot",
      summary: "Lists some of this node's keys in a slot",
      complexity: "O(log(N)), N being the number of keys that are asked for.",
      arity: 4,
      tips: ["nondeterministic_output"],
      arguments: [integer("slot"), integer("count")],
      run: getKeysInSlot,
    },
    {
      ...COMMON,
      name: "help",
      summary: "Tells what the sub-commands do",
      since: "5.0.0",
      arity: 2,
      flags: ["loading", "stale"],
      run: helpInCluster,
    },
    {
      ...COMMON,
      name: "info",
      summary: "Tells how the cluster is",
      arity: 2,
      tips: ["nondeterministic_output"],
      run: info,
    },
    {
      ...COMMON,
      name: "keyslot",
      summary: "Tells to which slot a key belongs",
      complexity: "O(N), N being the length of the key.",
      arity: 3,
      arguments: [string("key")],
      run: slotOfKey,
    },
    {
      ...COMMON,
      name: "links",
      summary: "Lists the connections between this node and the others",
      since: "7.0.0",
      complexity: OVER_NODES,
      arity: 2,
      tips: ["nondeterministic_output"],
      run: links,
    },
    {
      ...ADMIN,
      name: "meet",
      summary: "Introduces this node to another one",
      arity: -4,
      arguments: [
        string("ip"),
        integer("port"),
        integer("cluster_bus_port", { since: "4.0.0", optional: true }),
      ],
      history: [["4.0.0", "`cluster_bus_port`, where it is not the usual one."]],
      run: meet,
    },
    {
      ...COMMON,
      name: "myid",
      summary: "Tells this node's id",
      arity: 2,
      run: myId,
    },
    {
      ...COMMON,
      name: "nodes",
      summary: "Lists the nodes as this one knows them",
      complexity: OVER_NODES,
      arity: 2,
      tips: ["nondeterministic_output"],
      run: nodes,
    },
    {
      ...INQUIRY,
      name: "replicas",
      summary: "Lists a primary's replicas",
      since: "5.0.0",
      arity: 3,
      arguments: [NODE],
      run: replicas,
    },
    {
      ...ADMIN,
      name: "replicate",
      summary: "Makes this node a replica of a primary",
      arity: 3,
      arguments: [NODE],
      run: replicate,
    },
    {
      ...COMMON,
      name: "reset",
      summary: "Has this node forget the cluster",
      complexity: "O(N), N being the number of nodes, and what FLUSHALL takes.",
      arity: -2,
      flags: ["admin", "noscript", "stale"],
      arguments: [oneOf("hard_soft", [token("HARD"), token("SOFT")], { optional: true })],
      run: reset,
    },
    {
      ...ADMIN,
      name: "saveconfig",
      summary: "Writes this node's view of the cluster to disk",
      arity: 2,
      run: saveConfig,
    },
    {
      ...ADMIN,
      name: "set-config-epoch",
      summary: "Sets the epoch of a node that is new",
      arity: 3,
      arguments: [integer("config-epoch")],
      run: setConfigEpoch,
    },
    {
      ...ADMIN,
      name: "setslot",
      summary: "Says which node a slot belongs to, or where it moves",
      arity: -4,
      arguments: [
        integer("slot"),
        oneOf("subcommand", [
          string("node-id", { token: "IMPORTING" }),
          string("node-id", { token: "MIGRATING" }),
          string("node-id", { token: "NODE" }),
          token("STABLE"),
        ]),
      ],
      run: setSlot,
    },
    {
      ...COMMON,
      name: "shards",
      summary: "Lists which nodes serve which slots, in groups that serve the same",
      since: "7.0.0",
      complexity: OVER_NODES,
      arity: 2,
      tips: ["nondeterministic_output"],
      run: shards,
    },
    {
      ...INQUIRY,
      name: "slaves",
      summary: "Lists a primary's replicas",
      arity: 3,
      deprecated: { since: "5.0.0", replacedBy: "`CLUSTER REPLICAS`" },
      arguments: [NODE],
      run: replicas,
    },
    {
      ...COMMON,
      name: "slots",
      summary: "Lists ranges of slots with the nodes that serve them",
      complexity: OVER_NODES,
      arity: 2,
      tips: ["nondeterministic_output"],
      deprecated: { since: "7.0.0", replacedBy: "`CLUSTER SHARDS`" },
      history: [
        ["4.0.0", "The nodes' ids."],
        ["7.0.0", "More about how nodes can be reached."],
      ],
      run: slots,
    },
  ],
};
