import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { deribitTickers, tickersFile } from "./deribit-tickers.ts";
import { evaluateTable, type TableResult } from "./evaluate-table.ts";
import { reportOf } from "./report.ts";
import { rules } from "./rules/rules.ts";
import { nameOf, readTable, tableNames } from "./table.ts";

const exitCodes = { ok: 0, usage: 2, notFound: 3, findings: 6 } as const;
const usage = "pnpm accuracy [folder] [--json]\n  evaluates every JSON table in the folder (default: ../shared/tables when it exists, else the tables in the project)";

const root = resolve(import.meta.dirname, "../../..");
const defaultFolder = (): string => {
  const shared = resolve(root, "../shared/tables");
  return existsSync(shared) ? shared : join(root, "packages/pricing/reference/tables");
};

const evaluateFile = (folder: string, file: string): TableResult => {
  const files = new Map(tableNames(folder).map((each) => [nameOf(each), each]));
  const table = (name: string) => {
    const found = files.get(name);
    if (found === undefined) throw new Error(`it is evaluated with ${name}, which is not in the folder`);
    return readTable(folder, found);
  };
  try {
    return evaluateTable(readTable(folder, file), rules[nameOf(file)], { table });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { table: nameOf(file), verdict: "falls short", rows: 0, rowsThatApply: 0, worst: null, offender: null, reason: `cannot be read: ${reason}` };
  }
};

const argumentsOf = (argv: readonly string[]) => {
  try {
    return parseArgs({ args: [...argv], options: { json: { type: "boolean" } }, allowPositionals: true });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** Compares our numbers with every table of a folder; exit code 6 when one falls short or is unknown, 2 and 3 for a wrong command line. */
export const main = (argv: readonly string[]): number => {
  const parsed = argumentsOf(argv);
  if (typeof parsed === "string" || parsed.positionals.length > 1) {
    process.stderr.write(`${typeof parsed === "string" ? parsed : "Name one folder."}\n${usage}\n`);
    return exitCodes.usage;
  }
  const folder = parsed.positionals[0] === undefined ? defaultFolder() : resolve(parsed.positionals[0]);
  if (!existsSync(folder) || !statSync(folder).isDirectory() || tableNames(folder).length === 0) {
    process.stderr.write(`There is no folder ${folder} with JSON tables.\n`);
    return exitCodes.notFound;
  }
  const results = tableNames(folder).map((file) => evaluateFile(folder, file));
  // Beside the shared tables lies market data with the exchange's own greeks.
  const tickers = join(folder, "../data", tickersFile);
  if (existsSync(tickers)) results.push(deribitTickers(tickers));
  process.stdout.write(parsed.values.json === true ? `${JSON.stringify(results, null, 2)}\n` : `${reportOf(results)}\n`);
  return results.some(({ verdict }) => verdict === "falls short" || verdict === "unknown") ? exitCodes.findings : exitCodes.ok;
};
