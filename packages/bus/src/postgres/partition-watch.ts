import type { Queryable } from "@finality/database";

type EndRow = { readonly partition: number; readonly ends: number };

/**
 * Returns what to call when there may be something new in `topics`: it looks once for all partitions and names those that have moved
 * since the last look. Calls while it looks become one more look. A look that fails names none: polling is the guarantee.
 */
export const watchPartitions = (database: Queryable, topics: readonly string[], onMoved: (partition: number) => void): (() => void) => {
  const known = new Map<number, number>();
  let looking = false;
  let again = false;

  const lookOnce = async (): Promise<void> => {
    const { rows } = await database.query<EndRow>({
      name: "bus_partition_ends",
      text: "SELECT partition, sum(next_offset)::int8 AS ends FROM bus.partition_head WHERE topic = ANY($1) GROUP BY partition",
      values: [topics],
    });
    for (const { partition, ends } of rows) {
      if (known.get(partition) === ends) continue;
      known.set(partition, ends);
      onMoved(partition);
    }
  };

  const look = async (): Promise<void> => {
    looking = true;
    try {
      do {
        again = false;
        await lookOnce();
      } while (again);
    } catch {
      // PostgreSQL is away: the readers find out by themselves.
    } finally {
      looking = false;
    }
  };

  return () => {
    if (looking) again = true;
    else void look();
  };
};
