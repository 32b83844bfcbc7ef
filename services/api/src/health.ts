import { setTimeout as sleep } from "node:timers/promises";
import type { PrismaClient } from "@finality/database";
import { progressOfLogs } from "@finality/read-models";
import Fastify, { type FastifyInstance } from "fastify";
import { Type } from "typebox";

const Health = Type.Object({ status: Type.String(), reason: Type.Optional(Type.String()) }, { additionalProperties: false });

const askMsMax = 2_000;

/** Why the service should get no requests now; undefined when it is ready. */
const reasonNotReady = async (prisma: PrismaClient, lagMsMax: number): Promise<string | undefined> => {
  const asked = progressOfLogs(prisma).then(
    (all) => all.find(({ lagMs }) => lagMs > lagMsMax),
    () => "away" as const,
  );
  const late = await Promise.race([asked, sleep(askMsMax, "away" as const, { ref: false })]);
  if (late === "away") return "the database does not answer";
  return late && `the read models of log ${late.checkpoint.log} are at position ${String(late.checkpoint.position)} of ${String(late.head)} and last moved ${String(late.lagMs)} ms ago`;
};

export type HealthDeps = {
  readonly prisma: PrismaClient;
  /** Beyond this the read models count as behind. */
  readonly lagMsMax: number;
  /** Undefined while the service may be ready; else why it is not. */
  readonly standing: () => { readonly started: boolean; readonly stopping: boolean };
};

/** `/livez`: the process answers; `/startupz`: it has begun to serve; `/readyz`: it should get requests. 200 or 503, the reason in words. */
export const createHealth = ({ prisma, lagMsMax, standing }: HealthDeps): FastifyInstance => {
  const app = Fastify({ logger: false, forceCloseConnections: true });
  const schema = { response: { 200: Health, 503: Health } };
  app.addHook("onSend", async (_request, reply) => void reply.header("cache-control", "no-store"));
  app.get("/livez", { schema }, async () => ({ status: "ok" }));
  app.get("/startupz", { schema }, async (_request, reply) => (standing().started ? { status: "ok" } : reply.code(503).send({ status: "starting" })));
  app.get("/readyz", { schema }, async (_request, reply) => {
    const { started, stopping } = standing();
    if (stopping) return reply.code(503).send({ status: "stopping" });
    if (!started) return reply.code(503).send({ status: "starting" });
    const reason = await reasonNotReady(prisma, lagMsMax);
    return reason === undefined ? { status: "ok" } : reply.code(503).send({ status: "not_ready", reason });
  });
  return app;
};
