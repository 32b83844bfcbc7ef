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

/** False: it is lost. */
export const renewLease = async (database: Queryable, { name, holder, epoch }: Lease, forMs: number): Promise<boolean> => {
  const { rowCount } = await database.query(
    "UPDATE execution.lease SET expires_at = clock_timestamp() + $4 * interval '1 millisecond' WHERE name = $1 AND holder = $2 AND epoch = $3",
    [name, holder, epoch, forMs],
  );
  return rowCount === 1;
};

/** For the next one to take at once. Does nothing when it was lost. */
export const releaseLease = async (database: Queryable, { name, holder, epoch }: Lease): Promise<void> => {
  await database.query("UPDATE execution.lease SET expires_at = '-infinity' WHERE name = $1 AND holder = $2 AND epoch = $3", [name, holder, epoch]);
};
