import { createNotifier } from "@finality/database";
import { testDatabase } from "@finality/testkit";
import { columnsOf, encodeRecord, type Tick } from "@finality/contracts";
import { createLogReader, createLogWriter, verifyHashes, logHashes } from "./index.ts";
import { sampleAppend, sampleRecords, startUs } from "./test-support/sample-append.ts";
const storage = await testDatabase();
const { database } = storage;
const notifier = createNotifier(database);
const writer = createLogWriter({ database, notifier });
const p50 = (a: number[]) => a.sort((x, y) => x - y)[a.length >> 1]?.toFixed(3);
await database.query("CREATE TABLE bare (id bigint primary key, x bytea)");
const one: number[] = [], many: number[] = [];
for (let i = 0; i < 2000; i++) { const t = performance.now(); await database.query({ name: "bare", text: "INSERT INTO bare VALUES ($1,$2)", values: [i, Buffer.alloc(500)] }); one.push(performance.now() - t); }
let hold = await writer.takeOver("B");
for (let i = 0; i < 2000; i++) {
  const a = sampleAppend(hold, { records: sampleRecords(2, { fromUs: Math.max(startUs, hold.recordedUs) }), offsets: [{ topic: "t", partition: 0, expected: i, next: i + 1, lastHash: Buffer.alloc(32) }] });
  const t = performance.now(); hold = { ...hold, ...(await writer.append(a)) }; many.push(performance.now() - t);
}
console.log("bare p50", p50(one), "append p50", p50(many));
const ticks: Tick[] = Array.from({ length: 500 }, (_, i) => ({ kind: "quote", instrument: `I${i % 200}`, venueTimeUs: startUs + i, bid: "1.25", bidSize: "10", ask: "1.35", askSize: "12" }));
let t = performance.now();
const N = 40;
let enc = columnsOf(ticks, ticks.map(() => 0));
for (let i = 0; i < 200; i++) enc = columnsOf(ticks, ticks.map(() => 0));
console.log("columnsOf us/tick", (performance.now() - t) / 200 / 500 * 1000);
t = performance.now(); for (let i = 0; i < 200; i++) encodeRecord({ type: "TicksRecorded", body: enc });
console.log("encode us/tick", (performance.now() - t) / 200 / 500 * 1000);
hold = await writer.takeOver("T");
const content = encodeRecord({ type: "TicksRecorded", body: enc });
console.log("bytes/tick", content.payload.length / 500);
const batch = (k: number) => Array.from({ length: k }, () => ({ content: { ...content, venueTimeUs: startUs, recordedTimeUs: startUs }, provenance: { epoch: 1, build: "x" } }));
for (const k of [1, 10, 100]) {
  t = performance.now();
  for (let i = 0; i < N; i++) hold = { ...hold, ...(await writer.append(sampleAppend(hold, { records: batch(k) }))) };
  const s = (performance.now() - t) / 1000;
  const b = performance.now();
  for (let i = 0; i < N; i++) await database.query("INSERT INTO bare SELECT $1::bigint + g, substring($2::bytea FROM 1 + g*$3::int FOR $3::int) FROM generate_series(0, $4::int - 1) g", [1_000_000 + i * k + k * 1e6, Buffer.concat(batch(k).map((r) => r.content.payload)), content.payload.length, k]);
  const s2 = (performance.now() - b) / 1000;
  const u = performance.now();
  for (let i = 0; i < N; i++) await database.query("INSERT INTO bare SELECT $1::bigint + o, x FROM unnest($2::bytea[]) WITH ORDINALITY AS u(x, o)", [2e9 + i * k + k * 1e6, batch(k).map((r) => Buffer.from(r.content.payload))]);
  const s3 = (performance.now() - u) / 1000;
  console.log(k, "append ticks/s", Math.round(N * k * 500 / s), "bare blob", Math.round(N * k * 500 / s2), "bare unnest", Math.round(N * k * 500 / s3));
}
const reader = createLogReader({ database });
t = performance.now(); console.log(await verifyHashes(reader, "T"), hold.position * 500 / (performance.now() - t) * 1000, "ticks/s verify");
t = performance.now(); console.log((await logHashes(database, "T")).head, performance.now() - t);
await storage.dispose();
process.exit(0);
