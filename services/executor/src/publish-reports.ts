import type { OutgoingMessage } from "@finality/bus";
import { encodeMessage, topics } from "@finality/contracts";
import { markPublished, publishableReports } from "@finality/execution";
import type { ExecutorDeps } from "./deps.ts";

const batchMax = 500;

type Publishing = Pick<ExecutorDeps, "database" | "bus" | "catalogue" | "logger">;
type PublishableReport = Awaited<ReturnType<typeof publishableReports>>[number];

/** Publishes the account's reports of live logs, in order and at least once; a data log's reports are the conductor's to publish (rule 33). */
export const publishReports = async (publishing: Publishing, account: string): Promise<void> => {
  const { database, bus } = publishing;
  for (;;) {
    const reports = await publishableReports(database, account, batchMax);
    if (reports.length === 0) return;
    const messages: OutgoingMessage[] = [];
    for (const report of reports) messages.push(await messageOf(publishing, report));
    await bus.produce(messages);
    await markPublished(database, reports.map(({ id }) => id));
  }
};

const messageOf = async ({ catalogue }: Publishing, { id: _id, ...report }: PublishableReport): Promise<OutgoingMessage> => {
  const { log, body } = report;
  const partition = await catalogue.partitionOf(log);
  if (partition === undefined) throw new Error(`Invariant: the log ${log}, which has records, stands in the catalogue.`);
  return {
    topic: topics.executions,
    partition,
    key: log,
    value: encodeMessage({ ...report, version: 1 }),
    headers: { "content-type": "application/json", ce_type: report.type, ce_source: `executor/${body.account}`, ce_id: report.type === "fill" ? report.body.fillId : report.body.reportId },
  };
};
