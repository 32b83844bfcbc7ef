import type { Queryable } from "@finality/database";

/** The right of one process to work under a name for a while. Times are PostgreSQL's, so holders' clocks do not matter. */
export type Lease = { readonly name: string; readonly holder: string; readonly epoch: number };

/** Undefined while somebody else holds it. Whoever held it before is fenced by the higher epoch. */
export const takeLease = async (database: Queryable, { name, holder, forMs }: { readonly name: string; readonly holder: string; readonly forMs: number }): Promise<Lease | undefined> => {
  const { rows } = await database.query<{ readonly epoch: number }>(
    `INSERT INTO execution.lease (name, holder, epoch, expires_at) VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, epoch = lease.epoch + 1, expires_at = excluded.expires_at
      WHERE lease.expires_at < clock_timestamp() RETURNING epoch`,
    [name, holder, forMs],
  );
  return rows.map(({ epoch }) => ({ name, holder, epoch }))[0];
};

/** Returns the names that are still held; the others are lost. One that was released stays so. */
export const renewLeases = async (database: Queryable, leases: readonly Lease[], forMs: number): Promise<ReadonlySet<string>> => {
  const { rows } = await database.query<{ readonly name: string }>(
    `UPDATE execution.lease SET expires_at = clock_timestamp() + $4 * interval '1 millisecond'
       FROM unnest($1::text[], $2::text[], $3::int8[]) AS own (name, holder, epoch)
      WHERE lease.name = own.name AND lease.holder = own.holder AND lease.epoch = own.epoch AND lease.expires_at > '-infinity' RETURNING lease.name`,
    [leases.map(({ name }) => name), leases.map(({ holder }) => holder), leases.map(({ epoch }) => epoch), forMs],
  );
  return new Set(rows.map(({ name }) => name));
};

/** For the next one to take at once. Does nothing when it was lost. */
export const releaseLease = async (database: Queryable, { name, holder, epoch }: Lease): Promise<void> => {
  await database.query("UPDATE execution.lease SET expires_at = '-infinity' WHERE name = $1 AND holder = $2 AND epoch = $3", [name, holder, epoch]);
};

/** Those who take leases of a kind are rows too, under a name that no lease has. */
const memberName = (kind: string, holder: string): string => `member/${kind}/${holder}`;

/** Counts as one who shares the leases of a kind, for that long. */
export const joinMembers = async (database: Queryable, kind: string, holder: string, forMs: number): Promise<void> => {
  await database.query(
    `INSERT INTO execution.lease (name, holder, epoch, expires_at) VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
     ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at`,
    [memberName(kind, holder), holder, forMs],
  );
};

/** Takes the member's row away, and those of members of any kind that died long ago. */
export const leaveMembers = async (database: Queryable, kind: string, holder: string): Promise<void> => {
  await database.query("DELETE FROM execution.lease WHERE name = $1 OR (starts_with(name, 'member/') AND expires_at < now() - interval '1 hour')", [memberName(kind, holder)]);
};

export type LeaseStanding = {
  /** Names of the kind's leases that somebody holds. */
  readonly held: ReadonlySet<string>;
  readonly members: number;
};

export const leaseStanding = async (database: Queryable, kind: string): Promise<LeaseStanding> => {
  const { rows } = await database.query<{ readonly name: string }>(
    "SELECT name FROM execution.lease WHERE (starts_with(name, $1) OR starts_with(name, $2)) AND expires_at >= clock_timestamp()",
    [`${kind}/`, memberName(kind, "")],
  );
  const held = new Set(rows.map(({ name }) => name).filter((name) => name.startsWith(`${kind}/`)));
  return { held, members: rows.length - held.size };
};
