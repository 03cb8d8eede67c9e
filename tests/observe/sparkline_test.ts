import { assertEquals } from "@std/assert";
import { renderSparkline } from "../../src/observe/sparkline.ts";

Deno.test("renderSparkline draws what redis-server drew of the same values", () => {
  const values = [
    { value: 118, label: "4s" },
    { value: 161, label: "3s" },
    { value: 150, label: "1s" },
  ];
  assertEquals(renderSparkline(values), " # \n |#\n ||\n_||\n   \n431\nsss\n");
  assertEquals(renderSparkline([{ value: 30, label: "0s" }]), " \n \n \n_\n \n0\ns\n");
});

Deno.test("renderSparkline writes labels of several lengths, each from its top", () => {
  const values = [{ value: 1, label: "12m" }, { value: 1, label: "9s" }];
  assertEquals(renderSparkline(values), "  \n  \n  \n__\n  \n19\n2s\nm \n");
});

Deno.test("renderSparkline puts what doesn't fit into 80 columns below", () => {
  const values = Array.from({ length: 100 }, (_, i) => ({ value: i, label: "x" }));
  const [first, second] = renderSparkline(values).split("\n\n");
  assertEquals(first.split("\n").map((line) => line.length), [80, 80, 80, 80, 80, 80]);
  assertEquals(second.split("\n").map((line) => line.length), [20, 20, 20, 20, 20, 20, 0]);
  // All columns have one scale.
  assertEquals(second.split("\n")[3], "|".repeat(20));
});
