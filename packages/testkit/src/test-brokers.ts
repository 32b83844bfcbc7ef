import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { checkTools } from "@finality/kafka-broker";
import { sharedBroker } from "./shared-brokers.ts";

export type TestKafka = { readonly brokers: readonly string[] };
export type TestRedis = { readonly url: string };

const given = (name: string): string | undefined => {
  const value = process.env[name];
  return value === "" ? undefined : value;
};

/**
 * The run's Kafka, started when it is first asked for; or, for one node, FINALITY_TEST_KAFKA_BROKERS.
 * Every test shares it: name topics and groups by `randomName`, and do not hurt it. Throws when it cannot start.
 */
export const testKafka = async ({ nodes = 1 }: { readonly nodes?: 1 | 3 } = {}): Promise<TestKafka> => {
  const brokers = nodes === 1 ? given("FINALITY_TEST_KAFKA_BROKERS") : undefined;
  return { brokers: brokers === undefined ? await sharedBroker(nodes === 1 ? "kafka1" : "kafka3") : brokers.split(",") };
};

/** FINALITY_TEST_REDIS_URL, or the run's Redis, started when it is first asked for. Shared as the Kafka is. */
export const testRedis = async (): Promise<TestRedis> => {
  const url = given("FINALITY_TEST_REDIS_URL") ?? (await sharedBroker("redis"))[0];
  if (url === undefined) throw new Error("the run's Redis has no address");
  return { url };
};

/** True, with a warning, when `check` fails; with CI=true that is a failure. */
const lacks = async (what: string, check: () => Promise<unknown>): Promise<boolean> => {
  try {
    await check();
    return false;
  } catch (error) {
    if (process.env["CI"] === "true") throw error;
    console.warn(`SKIPPED: tests that need ${what}. ${error instanceof Error ? error.message : String(error)}`);
    return true;
  }
};

/** For `describe.skipIf(await lacksKafka())`: says loudly what to install; with CI=true it throws KafkaBrokerError "no_java" or "no_maven". */
export const lacksKafka = (): Promise<boolean> => lacks("Kafka", checkTools);

/** The same for Redis, also for private ones. */
export const lacksRedis = (): Promise<boolean> =>
  lacks("Redis", () =>
    promisify(execFile)("redis-server", ["--version"]).catch((error: unknown) => {
      throw new Error("There is no redis-server on the path: install it (Debian: redis-server).", { cause: error });
    }),
  );
