import { readSettings, serviceSettings, type ServiceName, type Shown } from "@finality/runtime";
import type { Config } from "../config.ts";
import { printData, printJson, table } from "../output.ts";

type ShowConfig = { readonly origin?: true; readonly json?: true };

/** The settings that a service would run with here, and with --origin where each comes from. Throws `RuntimeError` "bad_settings" as the service would. */
export const runConfigShow = (config: Config, service: ServiceName, options: ShowConfig): void => {
  const { shown } = readSettings(serviceSettings[service], { environment: config.environment });
  if (options.json === true) {
    printJson({ service, settings: shown });
    return;
  }
  const origin = ({ origin: from, where }: Shown): string => (where === "" || where === "command line" ? from : `${from} (${where})`);
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
};
