import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { busConnection, queueConnection } from "./connections.ts";
import { serviceSettings } from "./definitions.ts";
import { lookAtSettings, readSettings } from "./read-settings.ts";

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "finality-settings-"));
  file = join(folder, "finality.yaml");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const DATABASE_URL = "postgres://me:hidden@db:5432/finality";
const originOf = (shown: readonly { readonly name: string; readonly origin: string }[], name: string) => shown.find((each) => each.name === name)?.origin;

test("a flag wins over the environment, that over the file, that over the default", () => {
  writeFileSync(file, "kafka:\n  brokers: [a:1, b:2]\n  sessionTimeoutMs: 6000\nlog:\n  level: warn\nhealth:\n  port: 0\n");
  const environment = { DATABASE_URL, FINALITY_CONFIG: file, FINALITY_LOG_LEVEL: "error", FINALITY_HEALTH_PORT: "9001" };
  const { values, shown } = lookAtSettings(serviceSettings.sequencer, { flags: { healthPort: "9002" }, environment });
  expect(values).toMatchObject({ healthPort: 9002, logLevel: "error", kafkaBrokers: ["a:1", "b:2"], kafkaSessionMs: 6_000, startWithinMs: 30_000, bus: undefined });
  expect(["healthPort", "logLevel", "kafkaBrokers", "startWithinMs", "bus"].map((name) => originOf(shown, name))).toEqual(["flag", "environment", "file", "default", "unset"]);
  expect(Object.isFrozen(values)).toBe(true);
});

test("every value that cannot be is named, and no secret is", () => {
  writeFileSync(file, "kafka:\n  brokers: nowhere\n  brokerz: a:1\n");
  const environment = { DATABASE_URL: "mysql://me:hidden@db", FINALITY_CONFIG: file, FINALITY_LOG_LEVEL: "loud", FINALITY_HEALTH_PORT: "70000" };
  const read = () => readSettings(serviceSettings.sequencer, { environment });
  expect(read).toThrow(expect.objectContaining({ code: "bad_settings" }));
  for (const said of [/DATABASE_URL must be a URL that begins with postgres:/, /FINALITY_LOG_LEVEL is "loud"; it must be one of debug/, /FINALITY_HEALTH_PORT is "70000"; it must be a whole number from 0 to 65535/, /kafka\.brokers in .*"nowhere"/, /sets "kafka\.brokerz", which is no setting/]) expect(read).toThrow(said);
  expect(read).not.toThrow(/hidden/);
});

test("a secret may lie in a file, and is never shown", () => {
  const secret = join(folder, "url");
  writeFileSync(secret, `${DATABASE_URL}\n`);
  const { values, shown } = lookAtSettings(serviceSettings.projector, { environment: { DATABASE_URL_FILE: secret } });
  expect(values.databaseUrl).toBe(DATABASE_URL);
  expect(shown.find(({ name }) => name === "databaseUrl")).toMatchObject({ value: "(secret)", origin: "environment", where: "DATABASE_URL_FILE" });
  expect(() => readSettings(serviceSettings.projector, { environment: { DATABASE_URL_FILE: join(folder, "none") } })).toThrow(/DATABASE_URL_FILE is ".*none", which cannot be read/);
  expect(() => readSettings(serviceSettings.projector, { environment: { DATABASE_URL: "" } })).toThrow(/DATABASE_URL is missing/);
});

const connectionOf = (environment: Readonly<Record<string, string>>) => {
  const values = readSettings(serviceSettings.executor, { environment: { DATABASE_URL, ...environment } });
  return [busConnection(values), queueConnection(values)];
};

test("what is set decides the bus and the queue; what belongs together must be there together", () => {
  expect(connectionOf({})).toEqual([{ kind: "postgres" }, { kind: "postgres" }]);
  expect(connectionOf({ KAFKA_BROKERS: "a:1", REDIS_URL: "redis://r:1" })).toEqual([{ kind: "kafka", brokers: ["a:1"], sessionTimeoutMs: 10_000 }, { kind: "redis", url: "redis://r:1" }]);
  expect(connectionOf({ KAFKA_BROKERS: "a:1", FINALITY_BUS: "postgres" })[0]).toEqual({ kind: "postgres" });
  const sasl = { KAFKA_BROKERS: "a:1", KAFKA_TLS: "true", KAFKA_SASL_MECHANISM: "plain", KAFKA_SASL_USERNAME: "u", KAFKA_SASL_PASSWORD: "p" };
  expect(connectionOf(sasl)[0]).toMatchObject({ tls: {}, sasl: { mechanism: "plain", username: "u", password: "p" } });
  expect(() => connectionOf({ FINALITY_BUS: "kafka" })).toThrow("KAFKA_BROKERS is missing");
  expect(() => connectionOf({ FINALITY_QUEUE: "redis" })).toThrow("REDIS_URL is missing");
  expect(() => connectionOf({ ...sasl, KAFKA_SASL_PASSWORD: "" })).toThrow("KAFKA_SASL_PASSWORD is missing");
  expect(() => connectionOf({ KAFKA_BROKERS: "a:1", KAFKA_SASL_USERNAME: "u" })).toThrow("KAFKA_SASL_MECHANISM is missing");
  expect(() => connectionOf({ KAFKA_BROKERS: "a:1", KAFKA_TLS_CA_FILE: "/x" })).toThrow("KAFKA_TLS is not true");
});
