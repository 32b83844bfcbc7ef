/** How many processes of each service `finality cluster` starts when it is not told. */
export const usualCounts = { sequencers: 2, dispatchers: 1, executors: 2, paperVenues: 1, projectors: 1, notaries: 1, apis: 1 } as const;
