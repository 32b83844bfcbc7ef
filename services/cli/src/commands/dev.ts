import { resolve } from "node:path";
import { rememberFolder, type Config } from "../config.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { openDataFolder } from "../house/data-folder.ts";
import { startHouse, type House } from "../house/house.ts";
import { requireFreePorts } from "../house/free-ports.ts";
import { interruption } from "../house/interruption.ts";
import { say } from "../output.ts";

/** Runs the house until Ctrl-C; continues where it was. */
export const runDev = async (config: Config, options: { readonly data?: string; readonly port: number }): Promise<ExitCode> => {
  const folder = resolve(options.data ?? `${config.dataRoot}/dev`);
  await requireFreePorts(options.port);
  const interrupted = interruption();
  const data = await openDataFolder({ folder, exclusive: true });
  let house: House | undefined;
  try {
    rememberFolder(config, folder);
    house = await startHouse({ data, config, port: options.port });
    say(`The house is open in ${folder}; api: ${house.api.url}/v1/books, health: ${house.healthUrl}/readyz\nFeed it from another terminal: npx -y pnpm@10 finality feed. Ctrl-C ends it.`);
    await house.whileRunning(interrupted.happened);
    return exitCodes.interrupted;
  } finally {
    await house?.stop();
    await data.close();
    interrupted.done();
  }
};
