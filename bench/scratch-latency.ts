import { createNotifier } from "@finality/database";
import { createLogReader, createLogWriter } from "@finality/event-log";
import { privatePostgres } from "@finality/testkit";
import { median } from "./src/measurement.ts";
import { startDesk } from "./src/recording/desk.ts";
import { longDay, taker } from "./src/recording/long-day.ts";
import { openDatabase } from "@finality/database";
const server = await privatePostgres(); const mode = process.argv[3] ?? "auto";
const dbn = (await server.database.query<any>("select current_database() d")).rows[0].d; await server.database.query(`ALTER DATABASE "${dbn}" SET plan_cache_mode = '${mode}'`);
if (process.argv[4]) await server.database.query(`ALTER DATABASE "${dbn}" SET jit = off`);
const database = openDatabase(server.url, {applicationName:"x", max: 4});
await database.query("CREATE TABLE public.bare (id bigint PRIMARY KEY, payload bytea NOT NULL)");
const notifier = createNotifier(database);
const real = createLogWriter({ database: {...database, query: async (...a: any[]) => { q0 = performance.now(); const r = await (database.query as any)(...a); q1 = performance.now(); return r; }} as any, notifier: process.argv[2]==="nonotify" ? {notify(){} , close: async()=>{}} as any: notifier });
let t0=0, t1=0, t2=0, q0=0, q1=0, decided=false, n=0;
const writer = { ...real, append: async (a: any) => { t1 = performance.now(); const r = await real.append(a); t2 = performance.now(); decided = a.records.some((r: any) => r.content.type === "HedgeDecided"); n = a.records.length; return r; } };
const desk = startDesk({ day: longDay(), writer, reader: createLogReader({ database, notifier, listening: false }) });
await desk.open([{ type: "set_policy", body: { book: "scalper", policy: { type: "delta_band", deltaTarget: 0, hedgeRatio: 1, cooldownMs: 0, validityMs: 5_000, thresholdUp: 5, thresholdDown: -5 } } }]);
const take = taker(longDay().instants());
const rows: number[][] = [];
for (let i = 0; i < 2500; i++) {
  await new Promise(r=>setTimeout(r,3)); const m = desk.messagesOf(take(1)); t0 = performance.now(); await desk.give(m);
  if (decided) { await new Promise(r=>setTimeout(r,3)); const b=performance.now(); await database.query({name:"b",text:"INSERT INTO public.bare VALUES ($1,$2)",values:[i,Buffer.alloc(500)]}); const bare=performance.now()-b;
   rows.push([t1-t0, q0-t1, q1-q0, t2-q1, bare, n]); }
  await desk.answer();
}
await desk.close(); 
const tail = rows.slice(400);
console.log(["fold","hash","query","after","bare","records"].map((k,i)=>k+" "+median(tail.map(r=>r[i]!)).toFixed(3)).join("  "), tail.length);
// explain: server side time
const r = await database.query("select 1"); void r;
await server.dispose();
