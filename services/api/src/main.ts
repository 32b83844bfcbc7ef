import { runService } from "@finality/runtime";
import { reportHouse } from "./house-gauges.ts";
import { startApi } from "./start-api.ts";

const bucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

await runService("api", async ({ settings, database, logger, metrics }) => {
  const answers = metrics.counter("finality_api_answers_total", "answers by route and status", ["route", "status"]);
  const took = metrics.histogram("finality_api_answer_seconds", "time from request to answer", bucketsSeconds);
  reportHouse(metrics, database);
  const api = await startApi({
    database,
    host: settings.apiHost,
    port: settings.apiPort,
    ...(settings.apiToken === undefined ? {} : { token: settings.apiToken }),
    onAnswer: (route, status, seconds) => {
      answers.add({ route, status: String(status) });
      took.observe(seconds);
    },
    onRejectedSnapshot: ({ log, position }, reason) => { logger.warn({ log, position, reason }, "a snapshot does not match the log and is not used"); },
    onInternal: (error, traceId) => { logger.error({ err: error, trace_id: traceId }, "a request failed"); },
  });
  logger.info({ url: api.url }, "the api listens");
  return { notReady: () => api.notReady(), stop: () => api.stop() };
});
