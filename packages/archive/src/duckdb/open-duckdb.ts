import { DuckDBInstance } from "@duckdb/node-api";

export type DuckDbOptions = {
  /** A database file; in memory when absent. */
  readonly path?: string;
  /** Where what does not fit into memory goes; made when it is needed. */
  readonly spillFolder: string;
  readonly memoryMegabytes: number;
  readonly threads: number;
};

/** Extensions are never fetched: Parquet and JSON are built in, and an archive is opened on machines without a network. */
export const openDuckDb = ({ path = ":memory:", spillFolder, memoryMegabytes, threads }: DuckDbOptions): Promise<DuckDBInstance> =>
  DuckDBInstance.create(path, {
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    memory_limit: `${String(memoryMegabytes)}MB`,
    temp_directory: spillFolder,
    threads: String(threads),
  });
