import { busConnection, queueConnection, type ServiceName } from "@finality/runtime";
import { startCluster, type Cluster, type Counts } from "../cluster/cluster.ts";
import type { usualCounts } from "../cluster/usual-counts.ts";
import type { Config } from "../config.ts";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { requireFreePorts } from "../house/free-ports.ts";
import { interruption } from "../house/interruption.ts";
import { say, table } from "../output.ts";
import { runMigrate } from "./migrate.ts";
import { runTopics } from "./topics.ts";


export type ClusterCommand = { readonly [Each in keyof typeof usualCounts]: number } & { readonly port: number };

/** A child's own clean stop ends before the cluster's patience does. */
const stopWithinMs = "5000";
/** The processes get 6 s before they are killed. */
const patienceMs = 8_000;

/** Brings database and topics to this release, then runs every service as processes of its own until Ctrl-C. */
export const runCluster = async (config: Config, options: ClusterCommand): Promise<ExitCode> => {
  requireConnections(config);
  await requireFreePorts(options.port);
  await runMigrate(config, {});
  await applyTopics(config);
  const interrupted = interruption(patienceMs);
  const cluster = startCluster({
    environment: { FINALITY_STOP_WITHIN_MS: stopWithinMs, ...config.environment, FINALITY_API_PORT: String(options.port) },
    counts: countsOf(options),
    onLine: (name, line) => { say(`${name} | ${line}`); },
  });
  try {
    await Promise.race([runUntil(cluster, interrupted.happened, options.port), cluster.failed]);
    return exitCodes.interrupted;
  } finally {
    // From here on Ctrl-C ends at once; the processes notice that their parent is gone.
    const killed = await cluster.stop();
    if (killed.length > 0) say(`${killed.join(", ")} did not stop within 6 s and ${killed.length === 1 ? "was" : "were"} killed; what takes over goes on where the logs end`);
    interrupted.done();
  }
};

const runUntil = async (cluster: Cluster, end: Promise<void>, port: number): Promise<void> => {
  const over = await Promise.race([cluster.ready().then(() => false), end.then(() => true)]);
  if (over) return;
  const columns = [
    { title: "process", value: ({ name }: { readonly name: string }) => name },
    { title: "pid", value: ({ pid }: { readonly pid: number }) => String(pid), align: "right" as const },
    { title: "health", value: ({ health }: { readonly health: string | undefined }) => `${health ?? "?"}/readyz` },
  ];
  say(`${table(columns, cluster.processes())}\nThe cluster is ready${port === 0 ? "" : `; api: http://127.0.0.1:${String(port)}/v1/books`}. Feed it from another terminal: npx -y pnpm@10 finality feed. Ctrl-C ends it.`);
  await end;
};

const countsOf = ({ sequencers, dispatchers, executors, paperVenues, projectors, notaries, apis }: ClusterCommand): Counts =>
  ({ sequencer: sequencers, dispatcher: dispatchers, executor: executors, "paper-venue": paperVenues, projector: projectors, notary: notaries, api: apis }) satisfies Record<ServiceName, number>;

/** All that is missing in one sentence, before anything is touched. */
const requireConnections = ({ cluster }: Config): void => {
  const lacking = [
    ...(cluster.databaseUrl === undefined ? ["DATABASE_URL (PostgreSQL, postgres://…)"] : []),
    ...(cluster.bus === undefined && busConnection(cluster).kind === "postgres" ? ["KAFKA_BROKERS (host:port,host:port; or FINALITY_BUS=postgres)"] : []),
    ...(cluster.queue === undefined && queueConnection(cluster).kind === "postgres" ? ["REDIS_URL (redis://…; or FINALITY_QUEUE=postgres)"] : []),
  ];
  if (lacking.length > 0) throw new CliError("usage", `A cluster needs to know where its parts are: set ${lacking.join(", ")}. \`finality dev\` runs everything in one process and needs none of them.`);
};

const applyTopics = async (config: Config): Promise<void> => {
  const code = await runTopics(config, "apply", {});
  if (code !== exitCodes.ok) throw new CliError("conflict", "The topics of the bus are not as they must be; the lines above say which.");
};
