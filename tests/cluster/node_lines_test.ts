import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { NodeFlag } from "../../src/cluster/cluster_node.ts";
import {
  CorruptNodesText,
  nodeLine,
  readNodesText,
  writeNodesText,
} from "../../src/cluster/node_lines.ts";
import { settings } from "./cluster_settings.ts";

const A = "a".repeat(40), B = "b".repeat(40), C = "c".repeat(40);

/** What a redis-server 7.0.15 wrote, with other ids and times. */
const TEXT = [
  `${C} 127.0.0.1:27103@37103,host3.example slave ${A} 0 9 3 connected`,
  `${A} 127.0.0.1:27101@37101 myself,master - 0 9 3 connected 0-8000 9002 [5->-${B}] [9000-<-${B}]`,
  `${B} 127.0.0.1:27102@37102 master,fail? - 9 9 1 connected 8001-9001 9003-16383`,
  "vars currentEpoch 4 lastVoteEpoch 2",
].map((line) => `${line}\n`).join("");

function read(text: string) {
  return readNodesText(text, settings(), 9);
}

Deno.test("nodes.conf is read and written as Redis has it", () => {
  const state = read(TEXT);
  assertEquals([state.myself.id, state.currentEpoch, state.lastVoteEpoch], [A, 4n, 2n]);
  assertEquals(state.find(C)?.primary, state.myself);
  assertEquals(state.find(C)?.hostname, "host3.example");
  assertEquals(state.owner(9002), state.myself);
  assertEquals(state.migrating.get(5)?.id, B);
  assertEquals(state.importing.get(9000)?.id, B);
  assert(state.agenda.isEmpty);
  const written = writeNodesText(state).split("\n").sort();
  const expected = TEXT.replaceAll(/ connected/g, " disconnected")
    .replace("myself,master - 0 9 3 disconnected", "myself,master - 0 9 3 connected");
  assertEquals(written, expected.split("\n").sort());
});

Deno.test("nodes.conf names a primary that has no line of its own", () => {
  const state = read(`${A} :0@0 myself,slave ${B} 0 0 7 connected\nvars currentEpoch 3`);
  assertEquals(state.myself.primary?.id, B);
  assertEquals(state.currentEpoch, 7n, "no node's epoch is greater than the current one");
});

Deno.test("nodes.conf does not keep nodes that have not said who they are", () => {
  const state = read(TEXT);
  const node = state.find(C);
  if (node) node.flags |= NodeFlag.Handshake;
  assert(!writeNodesText(state).includes(`${C} 127`));
});

Deno.test("a node's line has the port without TLS for those who want that", () => {
  const state = read(TEXT), { myself } = state;
  myself.plainPort = 6;
  assert(nodeLine(state, myself, true).includes("127.0.0.1:6@37101"));
  assert(nodeLine(state, myself).includes("127.0.0.1:27101@37101"));
});

const BROKEN = [
  "",
  "\n",
  "x",
  "vars currentEpoch",
  `${A} 127.0.0.1:1@2 master - 0 0 0 connected`,
  `${A} 127.0.0.1:1@2 myself,foo - 0 0 0 connected`,
  `${A} 127.0.0.1:1@2 myself,master - 0 0 0`,
  `${A}0 127.0.0.1:1@2 myself,master - 0 0 0 connected`,
  `${A} 127.0.0.1 myself,master - 0 0 0 connected`,
  `${A} 127.0.0.1:1@2 myself,master - 0 0 0 connected 0-16384`,
  `${A} 127.0.0.1:1@2 myself,master - 0 0 0 connected 1-`,
  `${A} 127.0.0.1:1@2 myself,master - 0 0 0 connected [5->-x]`,
  `${A} 127.0.0.1:1@2 myself,master - 0 0 x connected`,
  `${A} 127.0.0.1:1@2 myself,master - 0 0 99999999999999999999 connected`,
  `${A} 127.0.0.1:1@2 myself,slave ${B.slice(1)} 0 0 0 connected`,
  `${A} 127.0.0.1:1@2 myself,master - 0 0 0 connected\n"`,
];

Deno.test("a nodes.conf that is none is refused", () => {
  for (const text of BROKEN) assertThrows(() => read(text), CorruptNodesText, undefined, text);
});

Deno.test("any nodes.conf is read or refused", () => {
  const change = fc.tuple(fc.nat(TEXT.length), fc.nat(6), fc.string({ unit: "binary-ascii" }));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 5 }), (changes) => {
      let text = TEXT;
      for (const [at, count, by] of changes) text = text.slice(0, at) + by + text.slice(at + count);
      try {
        const once = writeNodesText(read(text));
        assertEquals(writeNodesText(read(once)).length > 0, true);
      } catch (error) {
        if (!(error instanceof CorruptNodesText)) throw error;
      }
    }),
    { numRuns: 500 },
  );
});
