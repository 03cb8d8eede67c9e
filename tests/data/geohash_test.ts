import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  boundsOf,
  cellAt,
  geohashText,
  MAX_STEPS,
  neighbor,
  positionOf,
  scoreAt,
  scoresOf,
  WORLD,
} from "../../src/data/geohash.ts";

const positions = fc.record({
  longitude: fc.double({ min: WORLD.west, max: 179.999, noNaN: true }),
  latitude: fc.double({ min: WORLD.south, max: 85.05, noNaN: true }),
});

Deno.test("geohash positionOf gives back a position to within its cell", () => {
  fc.assert(
    fc.property(positions, ({ longitude, latitude }) => {
      const score = scoreAt({ longitude, latitude });
      assert(Number.isSafeInteger(score) && score >= 0 && score < 2 ** 52);
      const back = positionOf(score);
      assertAlmostEquals(back.longitude, longitude, 360 / 2 ** MAX_STEPS);
      assertAlmostEquals(back.latitude, latitude, 171 / 2 ** MAX_STEPS);
      assertEquals(scoreAt(back), score);
    }),
  );
});

Deno.test("geohash cells hold their positions, on the map and in the order of scores", () => {
  fc.assert(
    fc.property(positions, fc.integer({ min: 1, max: MAX_STEPS }), (position, steps) => {
      const cell = cellAt(position, steps);
      const { west, east, south, north } = boundsOf(cell);
      // Positions at an edge may be rounded to the other side of it.
      assert(west - 1e-9 <= position.longitude && position.longitude <= east + 1e-9);
      assert(south - 1e-9 <= position.latitude && position.latitude <= north + 1e-9);
      const { min, max } = scoresOf(cell), score = scoreAt(position);
      assert(min <= score && score < max);
    }),
  );
});

Deno.test("geohash neighbor leads around the map", () => {
  const corner = { steps: 3, column: 7, row: 0 };
  assertEquals(neighbor(corner, 1, 0), { steps: 3, column: 0, row: 0 });
  assertEquals(neighbor(corner, 0, -1), { steps: 3, column: 7, row: 7 });
  assertEquals(neighbor(corner, -1, 1), { steps: 3, column: 6, row: 1 });
});

Deno.test("geohash scores and texts are those that Redis documents", () => {
  const palermo = { longitude: 13.361389, latitude: 38.115556 };
  assertEquals(scoreAt(palermo), 3479099956230698);
  assertEquals(geohashText(positionOf(3479099956230698)), "sqc8b49rny0");
  assertEquals(geohashText(positionOf(3479447370796909)), "sqdtr74hyu0");
});

Deno.test("geohash positionOf takes any score", () => {
  const corner = { longitude: 180, latitude: -85.05112751263942 };
  assertEquals(positionOf(-Infinity), corner);
  assertEquals(positionOf(2 ** 63), corner);
  assertEquals(positionOf(Infinity), positionOf(0));
  assertEquals(positionOf(1.5), positionOf(1));
  assertEquals(positionOf(-1), { longitude: 180, latitude: WORLD.north });
});
