import { setImmediate } from "node:timers";
import { assertEquals } from "@std/assert";
import { type Durability, type Outlet, OutputGate } from "../../src/clients/output_gate.ts";

/** An append-only file that is safe when the test says so. */
class ManualDurability implements Durability {
  appended = 0;
  safe = 0;
  readonly events: string[];

  constructor(events: string[]) {
    this.events = events;
  }

  flush(): number {
    this.events.push("flush");
    return this.appended;
  }
}

/** Keeps its output until the gate lets it out, as connections do. */
class ManualOutlet implements Outlet {
  readonly sent: string[] = [];
  readonly #queue: { text: string; ticket: number }[] = [];
  #said: string[] = [];

  constructor(readonly name: string, readonly gate: OutputGate, readonly events: string[]) {}

  say(text: string): void {
    this.#said.push(text);
    this.gate.await(this);
  }

  takeReplies(ticket: number): void {
    this.events.push(`take ${this.name}`);
    for (const text of this.#said.splice(0)) this.#queue.push({ text, ticket });
    this.pump();
  }

  pump(): void {
    while (this.#queue.length > 0) {
      if (this.#queue[0].ticket > this.gate.safe) return this.gate.hold(this);
      this.sent.push(this.#queue.shift()!.text);
    }
  }
}

interface Fixture {
  readonly gate: OutputGate;
  readonly durability: ManualDurability;
  readonly events: string[];
  readonly outlet: (name: string) => ManualOutlet;
}

function fixture(): Fixture {
  const events: string[] = [], gate = new OutputGate();
  const durability = new ManualDurability(events);
  gate.setDurability(durability);
  return { gate, durability, events, outlet: (name) => new ManualOutlet(name, gate, events) };
}

/** The end of the current turn of the event loop. */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

Deno.test("OutputGate hands changes over once a turn, before all output of that turn", async () => {
  const { durability, events, outlet } = fixture();
  const a = outlet("a"), b = outlet("b");
  durability.safe = Infinity;
  a.say("1");
  b.say("2");
  await Promise.resolve();
  a.say("3");
  assertEquals([events, a.sent], [[], []]);
  await endOfTurn();
  assertEquals(events.slice(0, 3), ["flush", "take a", "take b"]);
  assertEquals(events.filter((event) => event === "flush").length, 1);
  assertEquals([a.sent, b.sent], [["1", "3"], ["2"]]);
});

Deno.test("OutputGate holds output until what it depends on is safe, in order", async () => {
  const { gate, durability, outlet } = fixture();
  const a = outlet("a"), b = outlet("b");
  durability.appended = 10;
  a.say("first");
  await endOfTurn();
  durability.appended = 20;
  a.say("second");
  b.say("other");
  await endOfTurn();
  assertEquals([a.sent, b.sent], [[], []]);
  durability.safe = 10;
  gate.safeGrew();
  assertEquals([a.sent, b.sent], [["first"], []]);
  durability.safe = 20;
  gate.safeGrew();
  assertEquals([a.sent, b.sent], [["first", "second"], ["other"]]);
});

Deno.test("OutputGate hands changes over when nobody has anything to say", async () => {
  const { gate, events } = fixture();
  gate.schedule();
  gate.schedule();
  await endOfTurn();
  assertEquals(events, ["flush"]);
  await endOfTurn();
  assertEquals(events, ["flush"]);
});

Deno.test("OutputGate lets everything out at once when it is flushed", async () => {
  const { gate, durability, events, outlet } = fixture();
  durability.safe = Infinity;
  const a = outlet("a");
  a.say("1");
  gate.flush();
  assertEquals(a.sent, ["1"]);
  await endOfTurn();
  assertEquals(events, ["flush", "take a"]);
});

Deno.test("OutputGate takes in the next turn what is said while it lets out", async () => {
  const { durability, gate, outlet } = fixture();
  durability.safe = Infinity;
  const a = outlet("a"), b = outlet("b");
  b.takeReplies = () => a.say("late");
  b.say("");
  gate.flush();
  assertEquals(a.sent, []);
  await endOfTurn();
  assertEquals(a.sent, ["late"]);
});

Deno.test("OutputGate lets out what was held when the append-only file is turned off", async () => {
  const { gate, durability, outlet } = fixture();
  const a = outlet("a");
  durability.appended = 10;
  a.say("held");
  await endOfTurn();
  // One that does not wait for the gate yet, as a connection whose peer is slow to take what came before.
  const b = outlet("b");
  b.pump = () => {};
  b.say("late");
  await endOfTurn();
  gate.setDurability(null);
  assertEquals(a.sent, ["held"]);
  ManualOutlet.prototype.pump.call(b);
  assertEquals(b.sent, ["late"]);
  a.say("free");
  await endOfTurn();
  assertEquals(a.sent, ["held", "free"]);
});

Deno.test("OutputGate keeps back what was said since the mark, in order, until it lets go", async () => {
  const { gate, durability, outlet } = fixture();
  durability.safe = Infinity;
  const early = outlet("early"), told = outlet("told"), caller = outlet("caller");
  early.say("1");
  gate.mark();
  told.say("half");
  gate.keep();
  gate.keepBack(caller);
  caller.say("reply");
  await endOfTurn();
  assertEquals([early.sent, told.sent, caller.sent], [["1"], [], []]);
  early.say("2");
  told.say("later");
  await endOfTurn();
  assertEquals([early.sent, told.sent, caller.sent], [["1", "2"], [], []]);
  gate.letGo();
  await endOfTurn();
  assertEquals([told.sent, caller.sent], [["half", "later"], ["reply"]]);
  told.say("next");
  await endOfTurn();
  assertEquals(told.sent, ["half", "later", "next"]);
});
