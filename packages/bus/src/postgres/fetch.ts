import type { Queryable } from "@finality/database";
import type { BusMessage } from "../bus.ts";
import { BusError } from "../errors.ts";

type MessageRow = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
};

export type Positions = ReadonlyMap<string, number>;

/**
 * The next messages of one partition number in one round trip: at most `limit` of each topic, from its position on, in offset order.
 * Throws BusError "offset_out_of_range" when the message at a position is missing though later ones are there.
 */
export const fetchFrom = async (client: Queryable, partition: number, positions: Positions, limit: number): Promise<ReadonlyMap<string, readonly BusMessage[]>> => {
  const { rows } = await client.query<MessageRow>({
    name: "bus_fetch",
    text: `SELECT message.topic, message.partition, message."offset", message.key, message.value, message.headers
             FROM unnest($2::text[], $3::int8[]) wanted (topic, position)
            CROSS JOIN LATERAL (
                  SELECT * FROM bus.message
                   WHERE topic = wanted.topic AND partition = $1 AND "offset" >= wanted.position
                   ORDER BY "offset" LIMIT $4) message`,
    values: [partition, [...positions.keys()], [...positions.values()], limit],
  });
  const found = new Map<string, BusMessage[]>();
  for (const row of rows) {
    const messages = found.get(row.topic) ?? [];
    found.set(row.topic, messages);
    const expected = (positions.get(row.topic) ?? 0) + messages.length;
    if (row.offset !== expected) {
      throw new BusError("offset_out_of_range", `The message ${expected} of ${row.topic}/${partition} is missing; the next one there is ${row.offset}.`);
    }
    messages.push({ ...row, value: new Uint8Array(row.value.buffer, row.value.byteOffset, row.value.length) });
  }
  return found;
};

/** The offsets that count as acknowledged. Losing the last of them in a crash costs nothing, so the commit does not wait for the disk. */
export const acknowledge = async (client: Queryable, group: string, partition: number, positions: Positions): Promise<void> => {
  await client.query({
    name: "bus_acknowledge",
    text: `INSERT INTO bus.group_offset (group_name, topic, partition, next_offset)
           SELECT $1, topic, $2, next_offset FROM unnest($3::text[], $4::int8[]) named (topic, next_offset)
            WHERE set_config('synchronous_commit', 'off', true) = 'off'
            ON CONFLICT (group_name, topic, partition) DO UPDATE SET next_offset = excluded.next_offset`,
    values: [group, partition, [...positions.keys()], [...positions.values()]],
  });
};
