import type { Queryable } from "@finality/database";
import { createLogReader, type LogReader } from "@finality/event-log";
import { versionsOf, type Checkpoint, type ReadModelVersion } from "@finality/read-models";
import { testDatabase, type TestDatabase } from "@finality/testkit";
import { startProjector, type Projector, type ProjectorDeps } from "../projector.ts";

/** A database of a test file's own with a projector when it is wanted. */
export type Projecting = {
  readonly server: TestDatabase;
  readonly reader: LogReader;
  /** Runs a projector for as long as the work takes. */
  running(deps: Partial<ProjectorDeps>, work: (projector: Projector) => Promise<void>): Promise<void>;
};

export const projecting = async (): Promise<Projecting> => {
  const server = await testDatabase();
  const reader = createLogReader({ database: server.database, pollMs: 20 });
  return {
    server,
    reader,
    running: async (deps, work) => {
      const projector = await startProjector({ reader, database: server.database, paceMs: 0, ...deps });
      try {
        await work(projector);
      } finally {
        await projector.stop();
      }
    },
  };
};

export const versionOf = async (database: Queryable, log: string, version: number): Promise<ReadModelVersion | undefined> => (await versionsOf(database, log)).find((each) => each.version === version);
export const servingOf = async (database: Queryable, log: string): Promise<ReadModelVersion | undefined> => (await versionsOf(database, log)).find(({ isServing }) => isServing);
/** Of the version that serves. */
export const readCheckpoint = async (database: Queryable, log: string): Promise<Checkpoint | undefined> => (await servingOf(database, log))?.checkpoint;
