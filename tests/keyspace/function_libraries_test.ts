import { assertEquals } from "@std/assert";
import { bytesOf } from "../../src/base/span.ts";
import { FunctionLibraries } from "../../src/keyspace/function_libraries.ts";

Deno.test("FunctionLibraries.nameOf reads the first line", () => {
  const nameOf = (text: string) => FunctionLibraries.nameOf(bytesOf(text));
  assertEquals(nameOf("#!lua name=my_lib\nreturn 1"), "my_lib");
  assertEquals(nameOf("#!js other=1 name=x"), "x");
  for (const text of ["", "name=x", "#!lua\n name=x", "#!lua name=", "#! name"]) {
    assertEquals(nameOf(text), null, text);
  }
});

Deno.test("FunctionLibraries counts bytes when a library takes another's place", () => {
  const libraries = new FunctionLibraries();
  libraries.set("a", bytesOf("12345"));
  libraries.set("b", bytesOf("123"));
  libraries.set("a", bytesOf("1"));
  assertEquals([libraries.size, libraries.bytes, libraries.has("a")], [2, 4, true]);
  assertEquals([...libraries], [bytesOf("1"), bytesOf("123")]);
  libraries.clear();
  assertEquals([libraries.size, libraries.bytes, libraries.has("a")], [0, 0, false]);
});
