import { rules } from "../../check/finding.ts";
import { table } from "../../output.ts";
import type { ChaosReport } from "./chaos.ts";

/** What was thrown, what was checked, and what did not hold, for people. */
export const describeReport = ({ seed, thrown, checks, unsettled, brokeOff, feedFailures, ok }: ChaosReport): string => {
  const kinds = Map.groupBy(thrown, ({ fault }) => fault.kind);
  const faults = [...kinds].map(([kind, all]) => ({ kind, thrown: all.filter(({ outcome }) => !outcome.startsWith("skipped")).length, skipped: all.find(({ outcome }) => outcome.startsWith("skipped"))?.outcome ?? "" }));
  const findings = checks.flatMap((each) => each.findings.map(({ log, rule, says }) => `${log}  ${rule}: ${says}`));
  return [
    table([{ title: "fault", value: ({ kind }) => kind }, { title: "thrown", value: (row) => String(row.thrown), align: "right" }, { title: "", value: ({ skipped }) => skipped }], faults),
    `The feeds had to be started again ${String(feedFailures)} times.`,
    table(
      [
        { title: "log", value: ({ log }) => log },
        ...(["messages", "records", "deadLetters", "duplicates", "hedges", "fills"] as const).map((name) => ({ title: name, value: (row: (typeof checks)[number]) => String(row[name]), align: "right" as const })),
        { title: "findings", value: (row) => String(row.findings.length), align: "right" },
      ],
      checks,
    ),
    `Checked of each log:\n${Object.values(rules).map((says) => `  ${says}`).join("\n")}`,
    ...(findings.length === 0 ? [] : [`What did not hold:\n${findings.map((each) => `  ${each}`).join("\n")}`]),
    ...(unsettled.length === 0 ? [] : [`What never came to its end:\n${unsettled.map((each) => `  ${each}`).join("\n")}`]),
    ...(brokeOff === undefined ? [] : [`The run broke off: ${brokeOff}`]),
    ok ? `Seed ${String(seed)}: everything held.` : `Seed ${String(seed)}: FAILED.`,
  ].join("\n\n");
};
