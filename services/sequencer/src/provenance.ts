import type { BusMessage } from "@finality/bus";
import { messageHeaders, type Provenance } from "@finality/contracts";

/** Who writes the records of a log. */
export type WriterIdentity = { readonly epoch: number; readonly build: string };

/** Headers come from outside: only what has its shape becomes part of a record. */
const shapes = {
  actor: /^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,119}$/,
  traceparent: /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/,
  redriveOf: /^[A-Za-z0-9._-]{1,200}\/\d{1,10}\/\d{1,16}$/,
} as const;

/** Where an input came from: its messages' place, and what the first one's headers say. */
export const provenanceOf = ({ epoch, build }: WriterIdentity, sources: readonly BusMessage[]): Provenance => {
  const [first, last] = [sources[0], sources.at(-1)];
  if (first === undefined || last === undefined) return { epoch, build };
  const headers = { actor: first.headers[messageHeaders.actor], traceparent: first.headers["traceparent"], redriveOf: first.headers[messageHeaders.redriveOf] };
  return {
    epoch,
    build,
    topic: first.topic,
    partition: first.partition,
    firstOffset: first.offset,
    lastOffset: last.offset,
    ...shaped("actor", headers.actor),
    ...shaped("traceparent", headers.traceparent),
    ...shaped("redriveOf", headers.redriveOf),
  };
};

const shaped = <Key extends keyof typeof shapes>(key: Key, value: string | undefined): Partial<Record<Key, string>> => {
  const found: Partial<Record<Key, string>> = {};
  if (value !== undefined && shapes[key].test(value)) found[key] = value;
  return found;
};
