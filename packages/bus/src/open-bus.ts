import type { Database, Notifier } from "@finality/database";
import type { Bus } from "./bus.ts";
import type { BusLogger } from "./kafka/client.ts";
import { createKafkaBus, type KafkaBusOptions } from "./kafka/kafka-bus.ts";
import { createPostgresBus } from "./postgres/postgres-bus.ts";

type Ground = { readonly database: Database; readonly notifier: Notifier };

/** Which bus, and how it is reached. The database is for the bus of tables; Kafka has no use for it. */
export type BusConnection = ({ readonly kind: "postgres"; readonly logger?: BusLogger } & Ground) | ({ readonly kind: "kafka" } & KafkaBusOptions & Partial<Ground>);

/** Opens what a configuration names; both keep one contract. */
export const openBus = (connection: BusConnection): Bus =>
  connection.kind === "kafka" ? createKafkaBus(connection) : createPostgresBus(connection.database, { notifier: connection.notifier });
