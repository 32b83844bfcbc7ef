import { mkdtemp, rename, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { classArchive } from "./jars.ts";
import { startKafka } from "./start-kafka.ts";

/** Everything that makes a first start slow: fetches the jars, and lets one node write down the classes that it loaded. Throws KafkaBrokerError. */
export const prepareKafka = async (): Promise<void> => {
  if (existsSync(classArchive)) return;
  const folder = await mkdtemp(join(tmpdir(), "finality-kafka-"));
  const arriving = `${classArchive}-${String(process.pid)}`;
  try {
    const kafka = await startKafka({ nodes: 1, folder, javaOptions: [`-XX:ArchiveClassesAtExit=${arriving}`] });
    await kafka.stop();
    await rename(arriving, classArchive);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
