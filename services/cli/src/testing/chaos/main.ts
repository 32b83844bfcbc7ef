// `pnpm chaos --seed N --minutes M [--faults kill,freeze] [--nodes 3] [--json]`: see --help.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { exitCodes } from "../../exit-codes.ts";
import { printData, printJson, say } from "../../output.ts";
import { runChaos } from "./chaos.ts";
import { describeReport } from "./describe-report.ts";
import { faultKinds, type FaultKind } from "./schedule.ts";

const help = `Throws faults at a whole cluster on servers of its own, then proves from outside that nothing was lost, doubled or reordered.

  pnpm chaos --seed 7 --minutes 5
  pnpm chaos --seed 7 --minutes 1 --faults kill,freeze --nodes 3

--seed N      the schedule is a function of it (default: a new one, printed)
--minutes M   how long faults are thrown (default 5)
--faults a,b  of ${faultKinds.join(", ")} (default: all)
--nodes 1|3   Kafka brokers (default 1)
--recorded N  logs with recorded data, in lock-step (default 3)
--live N      logs on the wall clock, under load (default 3)
--folder F    where a failed run leaves its logs and dumps (default .data/chaos/<seed>)
--json        print the report as one JSON document

Exit codes: 0 everything held, 6 something did not, 2 wrong arguments.
`;

const usage = (message: string): never => {
  say(`${message}\n\n${help}`);
  process.exit(exitCodes.usage);
};

const positive = (name: string, text: string, least = 0): number => {
  const number = Number(text);
  return Number.isFinite(number) && number >= least ? number : usage(`--${name} is "${text}"; it must be a number from ${String(least)}.`);
};

const readArguments = () => {
  try {
    return parseArgs({
      options: { seed: { type: "string" }, minutes: { type: "string", default: "5" }, faults: { type: "string" }, nodes: { type: "string", default: "1" }, recorded: { type: "string", default: "3" }, live: { type: "string", default: "3" }, folder: { type: "string" }, json: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
    }).values;
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
};

const kindOf = (text: string): FaultKind => faultKinds.find((each) => each === text) ?? usage(`--faults names "${text}"; there are ${faultKinds.join(", ")}.`);

// The servers and services notice that this process is gone, and end.
for (const [signal, code] of [["SIGINT", exitCodes.interrupted], ["SIGTERM", 143]] as const) process.once(signal, () => process.exit(code));

const values = readArguments();
if (values.help) {
  printData(help);
  process.exit(exitCodes.ok);
}
const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : positive("seed", values.seed);
const report = await runChaos({
  seed,
  seconds: positive("minutes", values.minutes) * 60,
  ...(values.faults === undefined ? {} : { kinds: values.faults.split(",").map(kindOf) }),
  nodes: values.nodes === "3" ? 3 : values.nodes === "1" ? 1 : usage(`--nodes is "${values.nodes}"; it must be 1 or 3.`),
  recorded: positive("recorded", values.recorded),
  live: positive("live", values.live),
  folder: values.folder ?? join(process.env["FINALITY_DATA"] ?? ".data", "chaos", String(seed)),
  say,
});
if (values.json) printJson(report);
else printData(describeReport(report));
process.exit(report.ok ? exitCodes.ok : exitCodes.findings);
