import { startKafka, type Kafka, type KafkaOptions } from "@finality/kafka-broker";
import { removeFolder, temporaryFolder } from "./temporary-folders.ts";

/** Without the compiler that pays off after minutes only: half the work of a start. */
const javaOptions = ["-XX:TieredStopAtLevel=1"];

export type PrivateKafka = Kafka & {
  readonly folder: string;
  /** Kills what still runs and removes the folder. */
  dispose(): Promise<void>;
};

/** A cluster for one test that hurts it, or that needs three nodes or a login. Throws KafkaBrokerError. */
export const privateKafka = async ({ nodes = 1, ...options }: Partial<Omit<KafkaOptions, "folder">> = {}): Promise<PrivateKafka> => {
  const folder = await temporaryFolder();
  const kafka = await startKafka({ nodes, folder, javaOptions, ...options }).catch(async (error: unknown) => {
    await removeFolder(folder);
    throw error;
  });
  const dispose = async (): Promise<void> => {
    await Promise.all(kafka.brokers.map((_, index) => kafka.node(index + 1).kill()));
    await removeFolder(folder);
  };
  return { ...kafka, folder, dispose };
};
