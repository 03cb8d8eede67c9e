/** Libraries and the names of their functions, with a compiler that makes functions of words. */

import { assertEquals, assertThrows } from "@std/assert";
import { ReplyError } from "../../src/base/errors.ts";
import { bytesOf } from "../../src/base/span.ts";
import {
  FunctionLibraries,
  type LibraryCompiler,
  type LoadOptions,
} from "../../src/keyspace/function_libraries.ts";
import { readLibraryHead } from "../../src/keyspace/library_head.ts";

const WORDS: LibraryCompiler = {
  compile: (code) =>
    new Map(
      (code.match(/\w+/g) ?? []).map((name) => [name, { name, description: null, flagNames: [] }]),
    ),
};

const PLAIN: LoadOptions = { replaces: false, isLimited: false };

function libraryText(name: string, ...functions: string[]): Uint8Array {
  return bytesOf(`#!lua name=${name}\n${functions.join(" ")}`);
}

function describe(libraries: FunctionLibraries): string[] {
  return Array.from(libraries, ({ name, functions }) => `${name}: ${[...functions.keys()]}`);
}

function assertRefused(work: () => void, message: string): void {
  assertThrows(work, ReplyError, message);
}

Deno.test("readLibraryHead reads engine and name when the first line has them in any form", () => {
  assertEquals(readLibraryHead("#!lua name=my_lib\nreturn 1"), {
    engine: "lua",
    name: "my_lib",
    end: 17,
  });
  assertEquals(readLibraryHead('#!js "NAME=a b"\n').name, "a b");
  assertRefused(() => readLibraryHead(""), "ERR Missing library metadata");
  assertRefused(() => readLibraryHead("#!lua name=x"), "ERR Invalid library metadata");
  assertRefused(() => readLibraryHead("#!lua name=\0x\n"), "ERR Invalid library metadata");
  assertRefused(() => readLibraryHead("#!lua\nname=x"), "ERR Library name was not given");
});

Deno.test("FunctionLibraries.load changes nothing when a function has another library's name", () => {
  const libraries = new FunctionLibraries(WORDS);
  libraries.load(libraryText("a", "f", "g"), PLAIN);
  libraries.load(libraryText("b", "h"), PLAIN);
  const replacing = { replaces: true, isLimited: false };
  assertRefused(
    () => libraries.load(libraryText("b", "i", "G"), replacing),
    "ERR Function G already exists",
  );
  assertRefused(
    () => libraries.load(libraryText("a", "x"), PLAIN),
    "ERR Library 'a' already exists",
  );
  assertRefused(() => libraries.load(libraryText("a"), replacing), "ERR No functions registered");
  assertEquals(describe(libraries), ["a: f,g", "b: h"]);
  assertEquals(libraries.functionNamed("F")?.name, "f");
  libraries.load(libraryText("a", "g", "i"), replacing);
  assertEquals(describe(libraries), ["b: h", "a: g,i"]);
  assertEquals(libraries.functionNamed("f"), undefined);
  assertEquals([libraries.size, libraries.functionCount], [2, 3]);
});

Deno.test("FunctionLibraries.join adds all libraries or none when names collide", () => {
  const libraries = new FunctionLibraries(WORDS), others = new FunctionLibraries(WORDS);
  libraries.load(libraryText("a", "f"), PLAIN);
  libraries.load(libraryText("b", "g"), PLAIN);
  others.load(libraryText("c", "h"), PLAIN);
  others.load(libraryText("a", "g"), PLAIN);
  assertRefused(() => libraries.join(others, false), "ERR Library a already exists");
  assertRefused(() => libraries.join(others, true), "ERR Function g already exists");
  assertEquals(describe(libraries), ["a: f", "b: g"]);
  libraries.delete("b");
  libraries.join(others, true);
  assertEquals(describe(libraries), ["c: h", "a: g"]);
});

Deno.test("FunctionLibraries gives back all memory that it counts when libraries go", () => {
  const libraries = new FunctionLibraries(WORDS);
  libraries.load(libraryText("a", "f"), PLAIN);
  const { bytes } = libraries;
  libraries.load(libraryText("b", "g", "h"), PLAIN);
  libraries.load(libraryText("b", "i"), { replaces: true, isLimited: false });
  assertEquals(libraries.bytes, 2 * bytes);
  libraries.delete("b");
  assertEquals(libraries.bytes, bytes);
  libraries.clear();
  assertEquals([libraries.bytes, libraries.size, libraries.functionCount], [0, 0, 0]);
  assertRefused(() => libraries.delete("a"), "ERR Library not found");
});

Deno.test("FunctionLibraries forgets all when names in a library differ in their case alone", () => {
  // redis-server loads such a library, and ends when it is deleted.
  const libraries = new FunctionLibraries(WORDS);
  libraries.load(libraryText("a", "f", "F", "g"), PLAIN);
  assertEquals([libraries.functionCount, libraries.registeredCount], [2, 3]);
  assertEquals(libraries.functionNamed("F")?.name, "f");
  libraries.delete("a");
  assertEquals([libraries.functionCount, libraries.registeredCount], [0, 0]);
  libraries.load(libraryText("b", "f"), PLAIN);
});
