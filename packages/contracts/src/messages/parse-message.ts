import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { ContractsError } from "../errors.ts";
import { decodeJson } from "../json/canonical-json.ts";
import { describeValue } from "../json/describe-value.ts";
import { explainMismatch } from "../json/explain-mismatch.ts";
import type { HedgePolicy } from "../reference-data/book.ts";
import type { DeadLetterReason, Refused } from "./dead-letter-reason.ts";
import { maxMessageBytes, messageSchemas, type Message } from "./message.ts";
import { firstNotPositive } from "./positive-fields.ts";

export type ParsedMessage = { readonly ok: true; readonly message: Message } | Refused;

type Check = { readonly topic: string; readonly schema: TSchema; readonly matches: (value: unknown) => boolean };

const checks: ReadonlyMap<string, Check> = new Map(
  Object.entries(messageSchemas).map(([type, { topic, schema }]) => {
    const validator = Compile(schema as TSchema);
    return [type, { topic, schema, matches: (value) => validator.Check(value) }];
  }),
);

const knownTypes = Object.keys(messageSchemas).join(", ");
const versionKnown = 1;

/**
 * Everything that can be said of a message's bytes without a log's state. The ticks of a `ticks` message are not looked into: `parseTick`
 * judges each of them, so that one bad tick does not lose the others.
 */
export const parseMessage = (topic: string, value: Uint8Array): ParsedMessage => {
  if (value.length > maxMessageBytes) return refused("oversize", `The message has ${String(value.length)} bytes; the limit is ${String(maxMessageBytes)}.`);
  let json: unknown;
  try {
    json = decodeJson(value);
  } catch (error) {
    if (error instanceof ContractsError) return refused("not_json", error.message);
    throw error;
  }
  return judge(topic, json);
};

const judge = (topic: string, json: unknown): ParsedMessage => {
  const { type, version } = envelope(json);
  if (typeof type !== "string") return refused("schema", `/type must be the message's type, but is ${describeValue(type)}.`);
  const check = checks.get(type);
  if (check === undefined) return refused("unknown_type", `The type ${describeValue(type)} is not known; known are ${knownTypes}.`);
  if (version !== versionKnown) {
    return typeof version === "number"
      ? refused("unknown_version", `${type} has version ${String(version)}; this release knows ${String(versionKnown)}.`)
      : refused("schema", `/version must be ${String(versionKnown)}, but is ${describeValue(version)}.`);
  }
  if (check.topic !== topic) return refused("wrong_topic", `A message of type ${type} belongs on ${check.topic}, but came on ${describeValue(topic)}.`);
  if (!isMessage(check, json)) return refused("schema", explainMismatch(check.schema, json));
  const notPositive = firstNotPositive(json);
  if (notPositive !== undefined) return refused("not_positive", notPositive);
  const policy = json.type === "open_book" || json.type === "set_policy" ? json.body.policy : undefined;
  const contradiction = policy === undefined ? undefined : contradictionIn(policy);
  return contradiction === undefined ? { ok: true, message: json } : refused("schema", contradiction);
};

const envelope = (json: unknown): { readonly type: unknown; readonly version: unknown } =>
  typeof json === "object" && json !== null && !Array.isArray(json)
    ? { type: Reflect.get(json, "type"), version: Reflect.get(json, "version") }
    : { type: undefined, version: undefined };

const isMessage = (check: Check, json: unknown): json is Message => check.matches(json);

const contradictionIn = (policy: HedgePolicy): string | undefined => {
  if (policy.type !== "delta_band") return undefined;
  const { deltaTarget, thresholdUp, thresholdDown } = policy;
  if (thresholdDown <= deltaTarget && deltaTarget <= thresholdUp) return undefined;
  return `/body/policy must have thresholdDown <= deltaTarget <= thresholdUp, but has ${String(thresholdDown)}, ${String(deltaTarget)}, ${String(thresholdUp)}.`;
};

const refused = (reason: DeadLetterReason, detail: string): Refused => ({ ok: false, reason, detail });

