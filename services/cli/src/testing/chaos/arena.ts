import type { Bus } from "@finality/bus";
import type { ServiceName } from "@finality/runtime";
import type { AcknowledgedHalt } from "../../check/check-orders.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import type { SupervisedProcess } from "../../cluster/supervised-service.ts";
import type { Ground } from "./ground.ts";

/** What faults are thrown at, and the way round them by which it is looked at. */
export type Arena = {
  readonly ground: Ground;
  readonly cluster: Cluster;
  /** Straight to the broker, in this process. */
  readonly bus: Bus;
  /** Where a fault may leave files that it needs. */
  readonly folder: string;
  /** Filled by halts, for the checker. */
  readonly halts: AcknowledgedHalt[];
};

/** The process of a service that a schedule's number means now. */
export const chosen = ({ cluster }: Arena, service: ServiceName, pick: number): SupervisedProcess => {
  const all = cluster.processes().filter((each) => each.service === service);
  const process = all[pick % Math.max(1, all.length)];
  if (process === undefined) throw new Error(`No ${service} is in the cluster.`);
  return process;
};

export type OpenLog = { readonly log: string; readonly partition: number; readonly clock: "data" | "live" };

/** Logs that have a first record, by name. */
export const openLogs = async ({ ground }: Arena): Promise<readonly OpenLog[]> => {
  const { rows } = await ground.postgres.database.query<OpenLog>(
    `SELECT c.log, c.partition, convert_from(r.payload, 'UTF8')::jsonb ->> 'clock' AS clock
       FROM event_log.catalogue c JOIN event_log.record r ON r.log = c.log AND r.position = 1 ORDER BY c.log`,
  );
  return rows;
};

/** Asks again while the server that was asked is being hurt; at most this long. */
export const insist = async <Result>(work: () => Promise<Result>, withinMs = 60_000): Promise<Result> => {
  for (const beganMs = performance.now(); ; ) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() - beganMs > withinMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
};
