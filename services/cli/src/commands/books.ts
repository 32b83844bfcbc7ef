import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import { createPrisma } from "@finality/database";
import { halt, resume } from "@finality/execution";
import { listBooks } from "@finality/read-models";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { printData, printJson } from "../output.ts";
import { actorReference } from "../house/actor.ts";
import { controlMessage } from "../house/control-message.ts";
import { openOwnBus } from "../house/open-parts.ts";
import { restingOrders } from "./resting-orders.ts";
import { logsOf, withData, type DataOptions } from "./with-data.ts";

type SwitchOptions = DataOptions & { readonly log?: string; readonly cancelOrders?: true; readonly json?: true };

/** Halts or resumes a book, or all of them: first in PostgreSQL, where it is in force for every executor at once, then by a message to each log (rule 22). */
export const runBooksSwitch = (config: Config, action: "halt" | "resume", book: string | undefined, options: SwitchOptions): Promise<void> =>
  withData(config, options, async (data, reader) => {
    const { database } = data;
    const prisma = createPrisma(database);
    const known = await listBooks(prisma, options.log);
    if (book !== undefined && !known.some((each) => each.book === book)) {
      throw new CliError("not_found", `There is no book "${book}"; there ${known.length === 1 ? "is" : "are"} ${known.map((each) => each.book).join(", ") || "none"}.`);
    }
    const logs = book === undefined ? await logsOf(reader, options.log) : [...new Set(known.filter((each) => each.book === book).map(({ log }) => log))];
    const haltId = `${action}-${randomUUID()}`;
    const actor = actorReference(data.ownFolder, userInfo().username);
    const [withdrawn, sending]: [string[], string[]] = [[], []];
    const bus = openOwnBus(config, data);
    try {
      for (const log of logs) {
        const scope = { haltId: `${haltId}-${log}`, log, actor, ...(book === undefined ? {} : { book }) };
        if (action === "halt") {
          const answer = await halt(database, { ...scope, cancelOrders: options.cancelOrders === true });
          withdrawn.push(...answer.withdrawn);
          sending.push(...answer.beingSent.map(({ commandId }) => commandId));
        } else await resume(database, scope);
        const message = { type: action, version: 1, log, body: { haltId: scope.haltId, ...(book === undefined ? {} : { book }) } } as const;
        await bus.produce([await controlMessage(database, message, { id: scope.haltId, actor })]);
      }
    } finally {
      await bus.close();
    }
    const what = book ?? `every book of ${logs.join(", ")}`;
    const accounts = [...new Set(known.filter((each) => logs.includes(each.log) && (book === undefined || each.book === book)).map(({ account }) => account))];
    const resting = action === "halt" ? (await restingOrders(database, { accounts, logs, book })).map(({ commandId }) => commandId) : [];
    if (options.json === true) printJson({ action, books: book ?? "all", logs, withdrawn, sending, resting, cancelling: action === "halt" && options.cancelOrders === true });
    else if (action === "resume") printData(`${what} may hedge again.`);
    else printData([`${what} is halted: no order is sent any more.`, ...listed("Withdrawn before they were sent", withdrawn), ...listed("Still being sent when it took effect", sending), ...listed(options.cancelOrders === true ? "Resting at the venue, being cancelled" : "Resting at the venue, not cancelled", resting)].join(" "));
  });

const listed = (what: string, ids: readonly string[]): readonly string[] => (ids.length === 0 ? [] : [`${what}: ${ids.join(", ")}.`]);
