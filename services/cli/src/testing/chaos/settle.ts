import { untilQuiet, type QuietDeps } from "./quiet.ts";
import type { ServiceName } from "@finality/runtime";
import type { Cluster } from "../../cluster/cluster.ts";

export type SettleOptions = { readonly withinMs: number; readonly onWaiting: (reasons: readonly string[]) => void };

/** Newest records of a live log, one a second, that a follower has not read yet. */
const clockTicks = /has not read to their end$/;
const rounds = 3;

/**
 * Lets everything that is under way come to its end, stops the cluster, and returns what was still under way then. Executors go first,
 * because they observe their venue for ever; then writers, because a live log ticks as long as it has one. Where the last records set
 * something in motion, both come back and take in what comes of it.
 */
export const settleAndStop = async (deps: QuietDeps, cluster: Cluster, waiting: SettleOptions): Promise<readonly string[]> => {
  const removeAll = async (service: ServiceName): Promise<void> => {
    for (const each of cluster.processes()) if (each.service === service) await cluster.remove(each.name);
  };
  let reasons: readonly string[] = ["nothing was looked at"];
  for (let round = 0; round < rounds && reasons.length > 0; round += 1) {
    if (round > 0) for (const service of ["sequencer", "executor"] as const) await cluster.add(service);
    reasons = await untilQuiet(deps, { ...waiting, ignoring: clockTicks });
    if (reasons.length > 0) break;
    await removeAll("executor");
    await untilQuiet(deps, { ...waiting, ignoring: clockTicks });
    await removeAll("sequencer");
    reasons = await untilQuiet(deps, waiting);
  }
  await cluster.stop();
  return reasons;
};
