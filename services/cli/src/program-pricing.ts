import { Option, type Command } from "commander";
import type { runImpliedVol } from "./commands/iv.ts";
import type { runPrice } from "./commands/price.ts";
import type { runSmile } from "./commands/smile.ts";
import type { Outcome } from "./exit-codes.ts";
import { addTermsOptions, addTimeOptions, numberArgument } from "./pricing/option-terms.ts";
import { json } from "./program-options.ts";

/** The commands that value one option or one smile: no house is needed. */
export const addPricing = (program: Command, outcome: Outcome): void => {
  addTermsOptions(program.command("price").description("price and greeks of one option").argument("[put-or-call]", "put or call"))
    .addOption(new Option("--vol <number>", "volatility, such as 0.25 or 25%").argParser(numberArgument).makeOptionMandatory())
    .addOption(json())
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  finality price call --forward 3700 --strike 3750 --vol 26.6% --days 2\n  finality price put --spot 100 --strike 95 --vol 30% --years 0.5 --rate 5% --american\n  finality price --instrument BTC-25JUN27-60000-C --forward 66520 --vol 42.8% --at 2026-08-17T16:24Z\n")
    .action(async (putCall: string | undefined, options: Parameters<typeof runPrice>[1]) => { (await import("./commands/price.ts")).runPrice(putCall, options); });
  addTermsOptions(program.command("iv").description("the volatility behind a price; exit 5 when there is none").argument("[put-or-call]", "put or call"))
    .addOption(new Option("--price <number>", "price paid now").argParser(numberArgument))
    .addOption(new Option("--bid <number>", "bid: the interval of volatilities between bid and ask").argParser(numberArgument))
    .addOption(new Option("--ask <number>", "ask").argParser(numberArgument))
    .addOption(json())
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  finality iv call --forward 3700 --strike 3750 --price 12.5 --days 2\n  finality iv put --spot 100 --strike 95 --bid 4.1 --ask 4.3 --years 0.5 --rate 5%\n  finality iv --instrument BTC-25JUN27-60000-C --forward 66520 --price 0.2029 --at 2026-08-17T16:24Z\n")
    .action(async (putCall: string | undefined, options: Parameters<typeof runImpliedVol>[1]) => { outcome.code = (await import("./commands/iv.ts")).runImpliedVol(putCall, options); });
  addTimeOptions(program.command("smile").description("fit a smile without arbitrage to quotes; exit 5 when they give none").argument("<file>", "CSV with the header strike,type,bid,ask or strike,bid_vol,ask_vol; - reads standard input"))
    .addOption(new Option("--forward <price>", "forward (default: from put–call parity of the file)").argParser(numberArgument))
    .option("--coin", "prices are in coin")
    .addOption(json())
    .addHelpText("before", "Examples (behind npx -y pnpm@10):\n  finality smile quotes.csv --days 30\n  finality smile vols.csv --forward 66520 --expires 2027-06-25T08:00Z --json\n")
    .action(async (file: string, options: Parameters<typeof runSmile>[1]) => { outcome.code = (await import("./commands/smile.ts")).runSmile(file, options); });
};
