import { decodeJson, messageHeaders, messageSchemas, topics } from "@finality/contracts";
import { createDeadLetters, type DeadLetter, type DeadLetterKey, type DeadLetterSummary } from "@finality/event-log";
import type { Config } from "../config.ts";
import { CliError } from "../exit-codes.ts";
import { openOwnBus } from "../house/open-parts.ts";
import { printData, printJson, say, table } from "../output.ts";
import { withData, type DataOptions } from "./with-data.ts";

type JsonOptions = DataOptions & { readonly json?: true };

const nameOf = ({ topic, partition, offset }: DeadLetterKey): string => `${topic}/${String(partition)}/${String(offset)}`;

const keyOf = (id: string): DeadLetterKey => {
  const match = /^([^/]+)\/(\d+)\/(\d+)$/.exec(id);
  const [, topic, partition, offset] = match ?? [];
  if (topic === undefined) throw new CliError("usage", `"${id}" is no dead letter's name: it must be topic/partition/offset, as \`finality dlq list\` prints it.`);
  return { topic, partition: Number(partition), offset: Number(offset) };
};

/** Open dead letters with their reasons; `--all` also those that were dealt with. */
export const runDeadLetters = (config: Config, options: JsonOptions & { readonly all?: true }): Promise<void> =>
  withData(config, options, async ({ database }) => {
    const letters: DeadLetterSummary[] = [];
    for (let after: DeadLetterSummary | undefined; ; after = letters.at(-1)) {
      const found = await createDeadLetters(database).list({ limit: 1_000, ...(after === undefined ? {} : { after }), ...(options.all === true ? {} : { state: "open" as const }) });
      letters.push(...found);
      if (found.length < 1_000) break;
    }
    if (options.json === true) printJson({ deadLetters: letters.map((letter) => ({ id: nameOf(letter), ...letter })) });
    else if (letters.length === 0) say("No dead letters.");
    else printData(table([{ title: "id", value: nameOf }, { title: "reason", value: ({ reason }) => reason }, { title: "state", value: ({ state }) => state }, { title: "detail", value: ({ detail }: DeadLetterSummary) => detail }], letters));
  });

export const runShowDeadLetter = (config: Config, id: string, options: JsonOptions): Promise<void> =>
  withData(config, options, async ({ database }) => {
    const letter = await findLetter(createDeadLetters(database), keyOf(id));
    const text = Buffer.from(letter.value).toString("utf8");
    if (options.json === true) printJson({ id, ...letter, value: text });
    else printData([`${id}: ${letter.reason} (${letter.state}, ${letter.at.toISOString()})`, letter.detail, ...(letter.badIndices === undefined ? [] : [`bad ticks: ${letter.badIndices.join(", ")}`]), `headers: ${JSON.stringify(letter.headers)}`, text].join("\n"));
  });

/** Publishes the message again on its own topic and partition; its record's provenance names where it lay. */
export const runRedrive = (config: Config, id: string, options: DataOptions): Promise<void> =>
  withData(config, options, async (data) => {
    const key = keyOf(id);
    const letters = createDeadLetters(data.database);
    const letter = await findLetter(letters, key);
    if (letter.state !== "open") throw new CliError("conflict", `${id} is ${letter.state} already.`);
    const bus = openOwnBus(config, data);
    try {
      const [place] = await bus.produce([{ topic: key.topic, partition: key.partition, key: letter.log, value: redriven(letter), headers: { ...letter.headers, [messageHeaders.redriveOf]: id } }]);
      await letters.markRedriven(key);
      say(`${id} was published again${place === undefined ? "" : ` as ${nameOf(place)}`}; a running house records it, or refuses it again.`);
    } finally {
      await bus.close();
    }
  });

export const runDiscard = (config: Config, id: string, options: DataOptions & { readonly yes?: true }): Promise<void> =>
  withData(config, options, async ({ database }) => {
    const key = keyOf(id);
    const letters = createDeadLetters(database);
    const letter = await findLetter(letters, key);
    if (options.yes !== true) throw new CliError("usage", `Discarding ${id} (${letter.reason}) closes it for good: repeat the command with --yes.`);
    if (!(await letters.discard(key))) throw new CliError("conflict", `${id} is ${letter.state} already.`);
    say(`${id} is discarded.`);
  });

const findLetter = async (letters: ReturnType<typeof createDeadLetters>, key: DeadLetterKey): Promise<DeadLetter> => {
  try {
    return await letters.show(key);
  } catch (cause) {
    throw new CliError("not_found", `There is no dead letter ${nameOf(key)}.`, { cause });
  }
};

/** Of a message whose good ticks were recorded only the bad ones go again. */
const redriven = (letter: DeadLetter): Uint8Array => {
  const { badIndices, value, topic } = letter;
  if (badIndices === undefined || topic !== topics.ticks) return value;
  const message = decodeJson(value);
  if (typeof message !== "object" || message === null || Reflect.get(message, "type") !== messageSchemas.ticks.schema.properties.type.const) return value;
  const body: unknown = Reflect.get(message, "body");
  const ticks: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "ticks") : undefined;
  if (!Array.isArray(ticks)) return value;
  const bad: readonly unknown[] = badIndices.map((index): unknown => ticks[index]);
  return Buffer.from(JSON.stringify({ ...message, body: { ticks: bad } }));
};
