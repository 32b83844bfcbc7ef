import { setTimeout as pause } from "node:timers/promises";
import { topics } from "@finality/contracts";
import { alone, compared, median, type Measurement } from "../measurement.ts";
import { progress } from "../progress.ts";
import { look, wallMs, wallUs, watch, type Committed } from "./committed.ts";
import { openMarket } from "./feed.ts";
import { onGround, type Ground } from "./ground.ts";
import { marketOf } from "./market.ts";
import { sampleOf, type ServiceProcess } from "./service-process.ts";

/** What an operator gets who sets nothing, milliseconds. */
const sessionMs = 10_000;
const rounds = 3;
const feedEveryMs = 5;
/** The one that stands by has joined the group, and the log goes on, before anything is hurt. */
const settledMs = 1_000;
const askEveryMs = 100;

/** How long a log stands still when the sequencer that holds it goes, with a second one standing by: from its last commit to the other's first. */
export const takeover = (): Promise<readonly Measurement[]> =>
  onGround(async (ground) => {
    const market = marketOf();
    const partition = await openMarket(ground, market);
    const settings = { KAFKA_SESSION_TIMEOUT_MS: String(sessionMs) };
    const sequencers = [await ground.start("sequencer", settings), await ground.start("sequencer", settings)];
    const stopping = new AbortController();
    const feeding = (async () => {
      while (!stopping.signal.aborted) {
        await ground.produce(topics.ticks, partition, [market.next(1, wallUs())]);
        await pause(feedEveryMs);
      }
    })();
    const gaps = { SIGKILL: [] as number[], SIGTERM: [] as number[] };
    try {
      for (const signal of ["SIGTERM", "SIGKILL"] as const) {
        for (let round = 0; round < rounds; round += 1) {
          await settled(ground, sequencers.length);
          const holder = await holderOf(sequencers);
          const gapS = await gapAfter(ground, () => holder.end(signal));
          progress(`takeover after ${signal}: ${gapS.toFixed(2)} s`);
          gaps[signal].push(gapS);
          sequencers.splice(sequencers.indexOf(holder), 1, await ground.start("sequencer", settings));
        }
      }
    } finally {
      stopping.abort();
      await feeding;
    }
    return [
      compared("takeover: without commits after kill -9; baseline: session timeout", { value: median(gaps.SIGKILL), baseline: sessionMs / 1_000, unit: "s" }),
      alone("takeover: without commits after a clean stop", median(gaps.SIGTERM), "s"),
    ];
  });

const holderOf = async (sequencers: readonly ServiceProcess[]): Promise<ServiceProcess> => {
  for (const each of sequencers) if (sampleOf(await each.metrics(), "finality_sequencer_log_state", 'state="writing"') === 1) return each;
  throw new Error("No sequencer says that it writes the log.");
};

/** All are members of a stable group, and one writer has been committing for a while. */
const settled = async ({ kafka, database }: Ground, members: number): Promise<void> => {
  const admin = kafka.admin();
  await admin.connect();
  try {
    for (const deadlineMs = wallMs() + 60_000; wallMs() < deadlineMs; ) {
      await pause(askEveryMs);
      const [group] = (await admin.describeGroups(["sequencer"])).groups;
      if (group?.state !== "Stable" || group.members.length !== members) continue;
      const [before] = await look(database);
      await pause(settledMs);
      const [after] = await look(database);
      if (before?.epoch === after?.epoch && (after?.ticks ?? 0) > (before?.ticks ?? 0)) return;
    }
    throw new Error(`The group of ${String(members)} sequencers did not settle within a minute.`);
  } finally {
    await admin.disconnect();
  }
};

/** Seconds between the last look with something new of the old writer and the first of the next one. */
const gapAfter = async ({ database }: Ground, end: () => Promise<void>): Promise<number> => {
  const [before] = await look(database);
  const isNext = ({ epoch, ticks }: Committed): boolean => epoch > (before?.epoch ?? 0) && ticks > lastTicks;
  let lastTicks = before?.ticks ?? 0;
  const watching = watch(database, {
    everyMs: 2,
    until: (logs) => {
      const [log] = logs;
      if (log === undefined) return false;
      if (isNext(log)) return true;
      lastTicks = log.ticks;
      return false;
    },
  });
  const [looks] = await Promise.all([watching, end()]);
  const seen = looks.flat();
  const next = seen.at(-1);
  const last = seen.findLast(({ epoch }) => epoch === before?.epoch);
  if (next === undefined || last === undefined) throw new Error("Invariant: what was waited for was seen.");
  return (next.atMs - last.atMs) / 1_000;
};
