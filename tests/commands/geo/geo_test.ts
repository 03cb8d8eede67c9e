import { assertEquals } from "@std/assert";
import { GEO_COMMANDS } from "../../../src/commands/geo/mod.ts";
import { SORTED_SET_COMMANDS } from "../../../src/commands/sorted_set/mod.ts";
import { STRING_COMMANDS } from "../../../src/commands/string/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

const PALERMO = "3479099956230698";
const CATANIA = "3479447370796909";

/** Runs a command line without quotes. */
function call(harness: CommandHarness, command: string): string {
  return harness.run(...command.split(" "));
}

/** The two towns of Redis' documentation. */
function sicily(): CommandHarness {
  const harness = new CommandHarness([...GEO_COMMANDS, ...SORTED_SET_COMMANDS, ...STRING_COMMANDS]);
  call(harness, "GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania");
  return harness;
}

Deno.test("GEOADD is a ZADD, and propagated as one", () => {
  const harness = sicily();
  assertEquals(harness.takePropagated(), [`0 zadd g ${PALERMO} Palermo ${CATANIA} Catania`]);
  assertEquals(harness.takeEvents(), ["zadd g"]);
  assertEquals(harness.keyspace.dirty, 2);
  assertEquals(call(harness, "GEOADD g nx CH 15.087269 37.502669 Palermo 1 1 New"), ":1\r\n");
  const [, score] = call(harness, "ZSCORE g New").split("\r\n");
  assertEquals(harness.takePropagated(), [`0 zadd g nx CH ${CATANIA} Palermo ${score} New`]);
  assertEquals(call(harness, "GEOADD g XX CH 1 1 New"), ":0\r\n");
  assertEquals(harness.takePropagated(), []);
});

Deno.test("GEODIST, GEOHASH and GEOPOS tell where members are", () => {
  const harness = sicily();
  assertEquals(call(harness, "GEODIST g Palermo Catania"), bulk("166274.1516"));
  assertEquals(call(harness, "GEODIST g Palermo Catania km"), bulk("166.2742"));
  assertEquals(call(harness, "GEODIST g Palermo none"), "$-1\r\n");
  assertEquals(
    call(harness, "GEOHASH g Palermo none"),
    array(bulk("sqc8b49rny0"), "$-1\r\n"),
  );
  assertEquals(
    call(harness, "GEOPOS g Palermo none"),
    array(array(bulk("13.36138933897018433"), bulk("38.11555639549629859")), "*-1\r\n"),
  );
  harness.client.reply.resp = 3;
  assertEquals(
    call(harness, "GEOPOS g Palermo none"),
    array(array(",13.36138933897018433\r\n", ",38.11555639549629859\r\n"), "_\r\n"),
  );
});

Deno.test("GEOSEARCH and GEORADIUS reply the details that are asked for, in one order", () => {
  const harness = sicily();
  const found = array(
    bulk("Catania"),
    bulk("56.4413"),
    `:${CATANIA}\r\n`,
    array(bulk("15.08726745843887329"), bulk("37.50266842333162032")),
  );
  const options = "200 km ASC COUNT 1 WITHCOORD WITHHASH WITHDIST";
  assertEquals(call(harness, `GEORADIUS g 15 37 ${options}`), array(found));
  assertEquals(call(harness, `GEOSEARCH g FROMLONLAT 15 37 BYRADIUS ${options}`), array(found));
  assertEquals(
    call(harness, "GEORADIUSBYMEMBER g Palermo 200 km DESC"),
    array(bulk("Catania"), bulk("Palermo")),
  );
  assertEquals(call(harness, "GEOSEARCH none FROMMEMBER x BYBOX 1 1 km"), "*0\r\n");
});

Deno.test("geo commands store geohashes or distances, or delete what they store to", () => {
  const harness = sicily();
  harness.takeEvents();
  harness.takePropagated();
  const stores = [
    "GEORADIUS g 15 37 200 km STORE d",
    "GEORADIUSBYMEMBER g Palermo 200 km STORE d",
    "GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km",
  ];
  for (const command of stores) {
    harness.run("SET", "d", "text", "EX", "100");
    const dirty = harness.keyspace.dirty;
    harness.takeEvents();
    harness.takePropagated();
    assertEquals(call(harness, command), ":2\r\n");
    assertEquals(
      call(harness, "ZRANGE d 0 -1 WITHSCORES"),
      array(bulk("Palermo"), bulk(PALERMO), bulk("Catania"), bulk(CATANIA)),
    );
    assertEquals(harness.expiryOf("d"), null);
    assertEquals(harness.keyspace.dirty, dirty + 2);
    assertEquals(harness.takePropagated(), [`0 ${command}`]);
    const event = command.startsWith("GEOSEARCH") ? "geosearchstore" : "georadiusstore";
    assertEquals(harness.takeEvents(), [`${event} d`]);
  }
  assertEquals(call(harness, "GEORADIUS g 15 37 200 km STOREDIST d COUNT 1"), ":1\r\n");
  assertEquals(call(harness, "ZRANGE d 0 -1 WITHSCORES").includes("\r\n56.4412578701582"), true);
  harness.takeEvents();
  assertEquals(call(harness, "GEORADIUS g 0 0 1 km STORE d"), ":0\r\n");
  assertEquals(harness.takeEvents(), ["del d"]);
  assertEquals(call(harness, "GEOSEARCHSTORE d none FROMLONLAT 0 0 BYRADIUS 1 km"), ":0\r\n");
  assertEquals(harness.takeEvents(), []);
});

Deno.test("geo commands refuse questions that make no sense", () => {
  const harness = sicily();
  const syntax = "-ERR syntax error\r\n";
  const cases: [string, string][] = [
    ["GEOADD g 181 1 a", "-ERR invalid longitude,latitude pair 181.000000,1.000000\r\n"],
    ["GEOADD g NX XX 1 1 a", syntax],
    ["GEORADIUS g 15 37 -1 km", "-ERR radius cannot be negative\r\n"],
    ["GEORADIUS g 15 37 1 km ANY", "-ERR the ANY argument requires COUNT argument\r\n"],
    ["GEORADIUS g 15 37 1 km COUNT 0", "-ERR COUNT must be > 0\r\n"],
    [
      "GEORADIUS g 15 37 1 km STORE d WITHDIST",
      "-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options\r\n",
    ],
    ["GEORADIUS_RO g 15 37 1 km STORE d", syntax],
    ["GEORADIUSBYMEMBER g none 1 km", "-ERR could not decode requested zset member\r\n"],
    ["GEOSEARCH g FROMMEMBER Palermo FROMLONLAT 1 1 BYRADIUS 1 km", syntax],
    ["GEOSEARCH g FROMMEMBER Palermo BYBOX 1 -1 km", "-ERR height or width cannot be negative\r\n"],
    [
      "geosearch g ASC DESC WITHDIST BYRADIUS 1 km",
      "-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for geosearch\r\n",
    ],
  ];
  for (const [command, error] of cases) assertEquals(call(harness, command), error, command);
});
