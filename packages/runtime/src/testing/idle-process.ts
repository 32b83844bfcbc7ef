import { runService } from "../run-service.ts";

// A service that does nothing, for run-service.int.test.ts. FINALITY_BUILD says how it fails.

await runService("projector", async ({ settings, logger, metrics }) => {
  metrics.gauge("finality_idle_things", "none", ["kind"], () => [{ labels: { kind: "no" }, value: 0 }]);
  const failed = new Promise<never>((_, reject) => {
    if (settings.build === "fails") setTimeout(() => reject(new Error("it broke")), 1);
  });
  return {
    failed,
    notReady: () => (settings.build === "unready" ? "it is not in the mood" : undefined),
    stop: async () => { logger.info({}, "stopped in order"); },
  };
});
