import { assertEquals } from "@std/assert";
import { Agenda, Task } from "../../src/cluster/agenda.ts";

Deno.test("Agenda tells of work once, and not of none", () => {
  const agenda = new Agenda();
  let told = 0;
  agenda.onWork = () => told++;
  agenda.add(0);
  assertEquals(told, 0);
  agenda.add(Task.Save);
  agenda.add(Task.Status);
  assertEquals(told, 1);
  assertEquals(agenda.take(), Task.Save | Task.Status);
  agenda.add(Task.Save);
  assertEquals(told, 2);
});
