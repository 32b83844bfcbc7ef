import { checkLogs } from "../check/check-logs.ts";
import { rules } from "../check/finding.ts";
import type { Config } from "../config.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { openParts } from "../house/open-parts.ts";
import { printData, printJson, table } from "../output.ts";
import { logsOf, type DataOptions } from "./with-data.ts";

type CheckCommand = DataOptions & { readonly log?: string; readonly json?: true };

const counts = ["messages", "records", "deadLetters", "duplicates", "hedges", "fills"] as const;

/** Proves from outside that nothing was lost, doubled or reordered on its way from the bus to the venue, in a house that stands still. */
export const runCheck = async (config: Config, { data, log: named, json }: CheckCommand): Promise<ExitCode> => {
  const parts = await openParts(config, data === undefined ? {} : { data });
  try {
    const checks = await checkLogs(parts, { logs: await logsOf(parts.reader, named) });
    const findings = checks.flatMap((check) => check.findings);
    if (json === true) printJson({ ok: findings.length === 0, rules, logs: checks });
    else {
      printData(table([{ title: "log", value: ({ log }) => log }, ...counts.map((name) => ({ title: name, value: (check: (typeof checks)[number]) => String(check[name]), align: "right" as const }))], checks));
      printData(`\nChecked of each log:\n${Object.values(rules).map((says) => `  ${says}`).join("\n")}`);
      printData(findings.length === 0 ? "\nEverything holds." : `\nWhat does not hold:\n${findings.map(({ log, rule, says }) => `  ${log}  ${rule}: ${says}`).join("\n")}`);
    }
    return findings.length === 0 ? exitCodes.ok : exitCodes.findings;
  } finally {
    await parts.close();
  }
};
