/** Everything that is in a server's databases, read through its own commands, and the comparison. */

import type { RawClient } from "../support/raw_client.ts";
import { READ_COMMANDS } from "../support/read_commands.ts";
import { leaves, type Reply } from "../support/reply.ts";
import { escapeBytes } from "../support/quoting.ts";

const DATABASES = 16;
const TTL_TOLERANCE = 2000;

/** One key as it looks from outside. */
export interface KeyView {
  readonly type: string;
  readonly encoding: string;
  /** Milliseconds, or -1 without a TTL. */
  readonly ttl: number;
  /** The value's parts as raw replies, sorted where the encoding keeps no order. */
  readonly value: readonly string[];
}

/**
 * All keys of all databases, named `db:key`, and all function libraries, `library:name`. The client ends up in database 0. With `isLoaded` the order of
 * hashes and sets, and the sign of scores that are 0, do not count: they follow from the order of the
 * tables that were written, which is each server's own.
 */
export async function readKeyspace(
  client: RawClient,
  isLoaded = false,
): Promise<Map<string, KeyView>> {
  const views = new Map<string, KeyView>();
  const databases = Array.from({ length: DATABASES }, (_, db) => db);
  const listed = await client.pipeline(
    databases.flatMap((db) => [["SELECT", String(db)], ["KEYS", "*"]]),
  );
  for (const db of databases) {
    const keys = leaves(listed[2 * db + 1]);
    if (keys.length === 0) continue;
    await client.call("SELECT", String(db));
    const facts = await client.pipeline(
      keys.flatMap((key) => [["TYPE", key], ["OBJECT", "ENCODING", key], ["PTTL", key]]),
    );
    const values = await client.pipeline(
      keys.map((key, i) => (READ_COMMANDS[facts[3 * i].text ?? ""] ?? READ_COMMANDS.string)(key)),
    );
    keys.forEach((key, i) => {
      const type = facts[3 * i].text ?? "", encoding = facts[3 * i + 1].text ?? "";
      const ttl = Number(facts[3 * i + 2].text);
      const value = parts(values[i], type, isLoaded || encoding === "hashtable");
      if (isLoaded && type === "zset") value.forEach((raw, i) => value[i] = withoutSignOfZero(raw));
      views.set(`${db}:${key}`, { type, encoding, ttl, value });
    });
  }
  await client.call("SELECT", "0");
  await readLibraries(client, views);
  return views;
}

/** Adds the function libraries, whose functions come in any order. */
async function readLibraries(client: RawClient, views: Map<string, KeyView>): Promise<void> {
  const { children = [] } = await client.call("FUNCTION", "LIST", "WITHCODE");
  for (const { children: fields = [] } of children) {
    const [, name, , engine, , functions, , code] = fields;
    const value = [code.raw, ...(functions.children ?? []).map(({ raw }) => raw).sort()];
    views.set(`library:${name.text}`, {
      type: "library",
      encoding: engine.text ?? "",
      ttl: -1,
      value,
    });
  }
}

function parts(value: Reply, type: string, isUnordered: boolean): string[] {
  const children = value.children?.map((child) => child.raw);
  if (!children) return [value.raw];
  if (!isUnordered || type !== "set" && type !== "hash") return children;
  if (type === "set") return children.sort();
  return children.flatMap((child, i) => i % 2 ? [] : [child + (children[i + 1] ?? "")]).sort();
}

/** A score as it is replied; a member that looks like one loses nothing that is compared. */
function withoutSignOfZero(raw: string): string {
  return raw === "$2\r\n-0\r\n" ? "$1\r\n0\r\n" : raw;
}

/** The differences between two keyspaces, each as a line; empty if there are none. */
export function keyspaceDifferences(
  expected: ReadonlyMap<string, KeyView>,
  actual: ReadonlyMap<string, KeyView>,
  names: readonly [string, string],
): string[] {
  const differences: string[] = [];
  for (const key of new Set([...expected.keys(), ...actual.keys()])) {
    const a = expected.get(key), b = actual.get(key);
    const label = `key ${escapeBytes(key, 100)}`;
    const note = (what: string, left: unknown, right: unknown) =>
      differences.push(`${label}: ${what}: ${names[0]} ${left}, ${names[1]} ${right}`);
    if (!a || !b) note("exists", a !== undefined, b !== undefined);
    else if (a.type !== b.type) note("type", a.type, b.type);
    else {
      if (a.encoding !== b.encoding) note("encoding", a.encoding, b.encoding);
      if ((a.ttl < 0) !== (b.ttl < 0) || Math.abs(a.ttl - b.ttl) > TTL_TOLERANCE) {
        note("TTL", a.ttl, b.ttl);
      }
      if (a.value.join("") !== b.value.join("")) {
        note("value", escapeBytes(a.value.join(""), 300), escapeBytes(b.value.join(""), 300));
      }
    }
  }
  return differences;
}
