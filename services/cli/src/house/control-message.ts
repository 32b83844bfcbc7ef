import type { OutgoingMessage } from "@finality/bus";
import { encodeMessage, messageHeaders, topics, type Message } from "@finality/contracts";
import type { Database } from "@finality/database";
import { createCatalogue } from "@finality/event-log";
import { CliError } from "../exit-codes.ts";

/** What a person says to a log, on its partition of the control topic. `actor` is the person's reference, never a name. */
export const controlMessage = async (database: Database, message: Message, { id, actor }: { readonly id: string; readonly actor: string }): Promise<OutgoingMessage> => {
  const { log, type } = message;
  const partition = await createCatalogue(database).partitionOf(log);
  if (partition === undefined) throw new CliError("not_found", `The log ${log} stands in no catalogue.`);
  return { topic: topics.control, partition, key: log, value: encodeMessage(message), headers: { ce_type: type, ce_source: "finality", ce_id: id, [messageHeaders.actor]: actor } };
};
