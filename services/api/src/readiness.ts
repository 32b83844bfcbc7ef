import { setTimeout as sleep } from "node:timers/promises";
import type { PrismaClient } from "@finality/database";
import { progressOfLogs } from "@finality/read-models";

const askMsMax = 1_500;

/** Why the service should get no requests now, in words; undefined when it can answer and the read models are at most `lagMsMax` behind. */
export const reasonNotReady = async (prisma: PrismaClient, lagMsMax: number): Promise<string | undefined> => {
  const asked = progressOfLogs(prisma).then(
    (all) => all.find(({ lagMs }) => lagMs > lagMsMax),
    () => "away" as const,
  );
  const late = await Promise.race([asked, sleep(askMsMax, "away" as const, { ref: false })]);
  if (late === "away") return "the database does not answer";
  return late && `the read models of log ${late.checkpoint.log} are at position ${String(late.checkpoint.position)} of ${String(late.head)} and last moved ${String(late.lagMs)} ms ago`;
};
