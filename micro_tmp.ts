import { Stream } from "/work/main/src/data/stream.ts";
import { generateId } from "/work/main/src/data/stream_id.ts";
import { Frame } from "/work/main/src/resp/frame.ts";
const f = Frame.fromStrings(["XADD","mystream","*","myfield","xxxxxxxxxxxxxxxx"]);
const lim = {"stream-node-max-entries":100,"stream-node-max-bytes":4096};
for (let r=0;r<6;r++){
  const s = new Stream();
  const t=performance.now(); const N=300000;
  for (let i=0;i<N;i++){ const id=generateId(s.lastId, 1795256863699+ (i>>4))!; s.append(id,f,3,lim); }
  console.log("append ns", ((performance.now()-t)/N*1e6).toFixed(0));
}
