import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Span } from "../../src/base/span.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import { searchShape } from "../../src/data/geo_search.ts";
import { distance, distanceWithin, type Shape } from "../../src/data/geo_shape.ts";
import { positionOf, scoreAt } from "../../src/data/geohash.ts";
import * as sortedSet from "../../src/data/sorted_set_value.ts";
import { Value } from "../../src/data/value.ts";

const LIMITS = { "zset-max-listpack-entries": 0, "zset-max-listpack-value": 64 };

// Away from the poles and the date line, across which Redis' search does not reach either.
const positions = fc.record({
  longitude: fc.double({ min: -120, max: 120, noNaN: true }),
  latitude: fc.double({ min: -55, max: 55, noNaN: true }),
});
const meters = fc.double({ min: 1, max: 6.3, noNaN: true }).map((power) => 10 ** power);
const shapes: fc.Arbitrary<Shape> = fc.oneof(
  fc.record({ kind: fc.constant("circle" as const), center: positions, radius: meters }),
  fc.record({
    kind: fc.constant("box" as const),
    center: positions,
    width: meters,
    height: meters,
  }),
);

Deno.test("searchShape finds what looking at every member finds", () => {
  fc.assert(
    fc.property(
      fc.array(positions, { maxLength: 60 }),
      fc.array(
        fc.tuple(
          fc.double({ min: -1, max: 1, noNaN: true }),
          fc.double({ min: -1, max: 1, noNaN: true }),
        ),
        {
          maxLength: 20,
        },
      ),
      shapes,
      (far, offsets, shape) => {
        // Some members near the shape, so that it has something in it.
        const reach = shape.kind === "circle" ? shape.radius : shape.width;
        const near = offsets.map(([x, y]) => ({
          longitude: Math.max(-179, Math.min(179, shape.center.longitude + x * reach / 111_000)),
          latitude: Math.max(-80, Math.min(80, shape.center.latitude + y * reach / 111_000)),
        }));
        const store = new ByteStore(), value = sortedSet.create(store, new Value());
        const expected: number[] = [];
        [...far, ...near].forEach((position, i) => {
          const score = scoreAt(position);
          sortedSet.add(store, value, Span.ofString(`m${i}`), score, LIMITS);
          if (distanceWithin(shape, positionOf(score)) !== undefined) expected.push(score);
        });
        const hits = searchShape(store, value, shape, Infinity);
        assertEquals(
          hits.map(({ score }) => score).sort((a, b) => a - b),
          expected.sort((a, b) => a - b),
        );
        const some = searchShape(store, value, shape, 3);
        assertEquals(some, hits.slice(0, 3));
        for (const { position, distance: told } of hits) {
          assertEquals(told, distance(shape.center, position));
        }
      },
    ),
  );
});

Deno.test("distance is that of a sphere of Earth's size", () => {
  const pole = { longitude: 0, latitude: 90 }, equator = { longitude: 77, latitude: 0 };
  assertAlmostEquals(distance(pole, equator), 6372797.560856 * Math.PI / 2, 1e-6);
  assertEquals(distance(equator, equator), 0);
  const palermo = { longitude: 13.361389, latitude: 38.115556 };
  const catania = { longitude: 15.087269, latitude: 37.502669 };
  assert(Math.abs(distance(palermo, catania) - 166274) < 1);
});
