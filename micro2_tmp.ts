import { CommandHarness } from "/work/main/tests/support/command_harness.ts";
import { STREAM_COMMANDS } from "/work/main/src/commands/stream/mod.ts";
import { HASH_COMMANDS } from "/work/main/src/commands/hash/mod.ts";
import { Frame } from "/work/main/src/resp/frame.ts";
const h = new CommandHarness([...STREAM_COMMANDS,...HASH_COMMANDS]);
const d = (h as any);
h.keyspace.eventClasses=0;
for (const args of [["XADD","mystream","*","myfield","xxxxxxxxxxxxxxxx"]]) {
const f = Frame.fromStrings(args);
for (let r=0;r<5;r++){
  const N=200000; const t=performance.now();
  for (let i=0;i<N;i++){ h.client.execute(f); if(i%64===0){ h.client.reply.bytes(); h.takePropagated(); } }
  console.log(args[0],"ns", ((performance.now()-t)/N*1e6).toFixed(0));
}}
