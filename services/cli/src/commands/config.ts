import { allSettings, lookAtSettings, serviceSettings, type ServiceName, type Shown } from "@finality/runtime";
import type { Config } from "../config.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { printData, printJson, say, table } from "../output.ts";

type ShowConfig = { readonly origin?: true; readonly json?: true };

const origin = ({ origin: from, where }: Shown): string => (where === "" || where === "command line" ? from : `${from} (${where})`);

/** The settings that a service, or any of them, would run with here, and with --origin where each comes from; exit 2 when it would not start. */
export const runConfigShow = (config: Config, service: ServiceName | undefined, options: ShowConfig): ExitCode => {
  const { shown, problems } = lookAtSettings(service === undefined ? allSettings : serviceSettings[service], { environment: config.environment });
  if (options.json === true) printJson({ service: service ?? "all", settings: shown, problems });
  else {
    printData(
      table<Shown>(
        [
          { title: "variable", value: ({ env }) => env },
          { title: "in the file", value: ({ key }) => key },
          { title: "value", value: ({ value }) => value },
          ...(options.origin === true ? [{ title: "origin", value: origin }] : []),
        ],
        shown,
      ),
    );
    if (problems.length > 0) say(`It would not start:\n${problems.map((each) => `  ${each}`).join("\n")}`);
  }
  return problems.length === 0 ? exitCodes.ok : exitCodes.usage;
};
