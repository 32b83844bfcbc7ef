import { createLogReader } from "@finality/event-log";
import { createCheckpointFolder } from "@finality/history";
import { runService } from "@finality/runtime";
import { followRotations, parseVerifierKey, signerFromPem } from "@finality/transparency";
import { startNotary } from "./notary.ts";
import { parseWitness } from "./witnesses.ts";

await runService("notary", async ({ settings, database, notifier, logger, metrics, instance }) => {
  const { signingKey, deployment, witnesses, knownKeys, checkpointFolder, snapshotEvery, build, leaseMs } = settings;
  if (signingKey === undefined) logger.warn({}, "FINALITY_SIGNING_KEY is not set: tiles grow and snapshots are taken, but no checkpoint is signed");
  const key = signingKey === undefined ? undefined : signerFromPem(signingKey, deployment);
  const checkpoints = checkpointFolder === undefined ? undefined : createCheckpointFolder(checkpointFolder);
  const signing = key === undefined ? undefined : { key, deployment, eras: [key, ...knownKeys.map(parseVerifierKey)].flatMap((each) => followRotations(each, [])), checkpoints };
  const notary = startNotary({ database, reader: createLogReader({ database, notifier }), notifier, signing, witnesses: witnesses.map(parseWitness), snapshotEvery, build, logger, instance, leaseMs });
  metrics.gauge("finality_notary_attested_records", "records of a log that this notary has attested", ["log"], () => notary.standing().map(({ log, position }) => ({ labels: { log }, value: position })));
  metrics.gauge("finality_notary_diverged", "1 where a log is not what was attested or does not fold to what its writer hashed; its trading is held", ["log"], () =>
    notary.standing().map(({ log, error }) => ({ labels: { log }, value: error === undefined ? 0 : 1 })),
  );
  const witnessed = () => notary.standing().flatMap(({ log, witnessed: each }) => each.map(({ witness, size, refusal }) => ({ labels: { log, witness }, size, refusal })));
  metrics.gauge("finality_notary_witnessed_records", "records of a log that a witness has signed", ["log", "witness"], () => witnessed().map(({ labels, size }) => ({ labels, value: size })));
  metrics.gauge("finality_notary_witness_refuses", "1 where a witness does not sign a log's newest checkpoint, or cannot be asked", ["log", "witness"], () =>
    witnessed().map(({ labels, refusal }) => ({ labels, value: refusal === undefined ? 0 : 1 })),
  );
  return {
    notReady: () => notary.standing().flatMap(({ error }) => (error === undefined ? [] : [error.message])).join("; ") || undefined,
    stop: () => notary.stop(),
  };
});
