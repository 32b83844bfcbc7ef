import { accessSync, constants, existsSync, mkdirSync, statfsSync } from "node:fs";
import { topicNames } from "@finality/contracts";
import { createDeadLetters, createLogReader } from "@finality/event-log";
import { shippedDatasets } from "@finality/datasets";
import type { Config } from "../config.ts";
import { CliError, exitCodes, type ExitCode } from "../exit-codes.ts";
import { openParts } from "../house/open-parts.ts";
import { openData, type OpenData } from "../house/open-data.ts";
import { printData, printJson } from "../output.ts";

type Finding = { readonly check: string; readonly ok: boolean; readonly says: string };

const nodeMajorMin = 24;
const freeBytesMin = 500 * 1024 * 1024;

/** Looks at this machine and the data folder; exit 6 when something is wrong. */
export const runDoctor = async (config: Config, options: { readonly data?: string; readonly json?: true }): Promise<ExitCode> => {
  const findings = [node(), writable(config), disk(config), { check: "datasets", ok: shippedDatasets().length > 0, says: shippedDatasets().join(", ") }, ...(await data(config, options.data))];
  const ok = findings.every((finding) => finding.ok);
  if (options.json === true) printJson({ ok, findings });
  else printData(findings.map((finding) => `${finding.ok ? "ok   " : "WRONG"}  ${finding.check.padEnd(12)}  ${finding.says}`).join("\n"));
  return ok ? exitCodes.ok : exitCodes.findings;
};

const node = (): Finding => {
  const major = Number(process.versions.node.split(".")[0]);
  return { check: "node", ok: major >= nodeMajorMin, says: `${process.version} on ${process.platform} ${process.arch}${major >= nodeMajorMin ? "" : `; run it through pnpm, which brings Node ${String(nodeMajorMin)}`}` };
};

const writable = (config: Config): Finding => {
  try {
    mkdirSync(config.dataRoot, { recursive: true });
    accessSync(config.dataRoot, constants.W_OK);
    return { check: "data folder", ok: true, says: `${config.dataRoot} can be written` };
  } catch (error) {
    return { check: "data folder", ok: false, says: `${config.dataRoot} cannot be written (${error instanceof Error ? error.message : String(error)}): name another with FINALITY_DATA` };
  }
};

const disk = (config: Config): Finding => {
  if (!existsSync(config.dataRoot)) return { check: "disk", ok: false, says: `${config.dataRoot} is not there` };
  const { bavail, bsize } = statfsSync(config.dataRoot);
  const free = bavail * bsize;
  return { check: "disk", ok: free >= freeBytesMin, says: `${(free / 1024 ** 3).toFixed(1)} GiB free${free >= freeBytesMin ? "" : "; make room for at least 0.5 GiB"}` };
};

const explain = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const data = async (config: Config, named: string | undefined): Promise<readonly Finding[]> => {
  let opened: OpenData;
  try {
    opened = await openData(config, named);
  } catch (error) {
    const nothingYet = error instanceof CliError && error.code === "not_found" && named === undefined;
    return [nothingYet ? { check: "house", ok: true, says: "none yet" } : { check: "postgresql", ok: false, says: explain(error) }];
  }
  try {
    const { database, place, isCluster } = opened;
    const { rows } = await database.query<{ readonly version: string }>("SELECT version()");
    const heads = await createLogReader({ database }).heads();
    const letters = await createDeadLetters(database).count({ state: "open" });
    return [
      { check: "postgresql", ok: true, says: `${rows[0]?.version.split(" on ")[0] ?? "PostgreSQL"} in ${place}` },
      { check: "logs", ok: true, says: heads.map((head) => `${head.log} at ${String(head.position)}`).join(", ") || "none yet" },
      { check: "dead letters", ok: letters === 0, says: letters === 0 ? "none open" : `${String(letters)} open: see \`finality dlq list\`` },
      ...(isCluster ? [await busAndQueue(config)] : []),
    ];
  } catch (error) {
    return [{ check: "postgresql", ok: false, says: explain(error) }];
  } finally {
    await opened.close();
  }
};

const busAndQueue = async (config: Config): Promise<Finding> => {
  try {
    const parts = await openParts(config, {});
    try {
      const partitions = await Promise.all(topicNames.map(async (topic) => `${topic} (${String(await parts.bus.partitions(topic))})`));
      return { check: "bus, queue", ok: true, says: `reached; topics and their partitions: ${partitions.join(", ")}` };
    } finally {
      await parts.close();
    }
  } catch (error) {
    return { check: "bus, queue", ok: false, says: explain(error) };
  }
};
