import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { END, NodeChain } from "../../src/data/quicklist_chain.ts";

/** The refs in their order, read in both directions. */
function refs(chain: NodeChain): number[] {
  const forwards: number[] = [], backwards: number[] = [];
  for (let node = chain.first; node !== END; node = chain.next(node)) {
    forwards.push(chain.ref(node));
  }
  for (let node = chain.last; node !== END; node = chain.previous(node)) {
    backwards.push(chain.ref(node));
  }
  assertEquals(backwards.reverse(), forwards);
  assertEquals(chain.size, forwards.length);
  return forwards;
}

Deno.test("NodeChain keeps its order when nodes come and go anywhere", () => {
  const step = fc.record({ add: fc.boolean(), at: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const chain = new NodeChain();
      const nodes: number[] = [];
      const model: number[] = [];
      let ref = 0x80000000;
      for (const { add, at } of steps) {
        if (add || nodes.length === 0) {
          const index = at % (nodes.length + 1);
          const before = index === 0 ? END : nodes[index - 1];
          nodes.splice(index, 0, chain.insertAfter(before, ++ref, at));
          model.splice(index, 0, ref);
          assertEquals(chain.count(nodes[index]), at);
        } else {
          const index = at % nodes.length;
          chain.remove(nodes[index]);
          nodes.splice(index, 1);
          model.splice(index, 1);
        }
      }
      assertEquals(refs(chain), model);
    }),
  );
});

Deno.test("NodeChain gives numbers of removed nodes out again", () => {
  const chain = new NodeChain();
  for (let i = 0; i < 1000; i++) chain.remove(chain.insertAfter(chain.last, i + 1, 1));
  const { bytes } = new NodeChain();
  chain.insertAfter(END, 1, 1);
  assertEquals(refs(chain), [1]);
  assertEquals(chain.bytes <= bytes + 64, true);
});
