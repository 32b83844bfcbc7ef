import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSettings, serviceSettings, type ServiceName } from "@finality/runtime";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { checkValues, unknownFields, type Manifest } from "./kubernetes-models.ts";
import { readText, root } from "./repository.ts";

const folder = "infra/kubernetes/base";
/** The compiler reads all of Kubernetes' types. */
const compileMsMax = 60_000;
const services = Object.keys(serviceSettings) as readonly ServiceName[]; // `Object.keys` forgets the names

type Named = { readonly name: string };
type Probe = { readonly httpGet: { readonly path: string; readonly port: string }; readonly periodSeconds: number; readonly failureThreshold: number };
type Container = Named & {
  readonly args: readonly string[];
  readonly image: string;
  readonly ports?: readonly (Named & { readonly containerPort: number })[];
  readonly envFrom: readonly { readonly configMapRef: Named }[];
  readonly env: readonly (Named & { readonly value?: string; readonly valueFrom?: { readonly secretKeyRef: Named & { readonly optional?: boolean } } })[];
  readonly volumeMounts?: readonly (Named & { readonly mountPath: string; readonly readOnly?: boolean })[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly securityContext: object;
};
type Pod = { readonly metadata: { readonly labels: Readonly<Record<string, string>> }; readonly spec: { readonly containers: readonly [Container]; readonly terminationGracePeriodSeconds: number; readonly securityContext: { readonly runAsGroup?: number; readonly fsGroup?: number }; readonly volumes?: readonly (Named & { readonly persistentVolumeClaim: { readonly claimName: string } })[] } };
type Workload = Manifest & { readonly spec: { readonly replicas?: number; readonly strategy?: { readonly type?: string }; readonly template: Pod } };
type Claim = Manifest & { readonly spec: { readonly accessModes: readonly string[] } };
type ConfigMap = Manifest & { readonly data: Readonly<Record<string, string>> };

// `checkValues` says whether they have these shapes, in the first test.
const documents = (path: string): readonly Manifest[] => parseAllDocuments(readText(path)).map((document) => document.toJS() as Manifest);
const resources = (parse(readText(`${folder}/kustomization.yaml`)) as { readonly resources: readonly string[] }).resources;
const base = resources.flatMap((name) => documents(`${folder}/${name}`));
const overlay = documents("infra/kubernetes/overlays/example/namespace.yaml");
const workloads = base.filter((manifest): manifest is Workload => manifest.kind === "Deployment" || manifest.kind === "Job");

const configured = ({ envFrom, env }: Container): Record<string, string> => {
  const maps = envFrom.map(({ configMapRef }) => base.find((each): each is ConfigMap => each.kind === "ConfigMap" && each.metadata.name === configMapRef.name));
  const secrets = env.filter(({ valueFrom }) => valueFrom?.secretKeyRef.optional !== true).map(({ name, value }) => [name, value ?? (name.endsWith("_URL") ? `${name === "REDIS_URL" ? "redis" : "postgres"}://user:secret@host/name` : "secret")]);
  return { ...Object.assign({}, ...maps.map((map) => map?.data)), ...Object.fromEntries(secrets) };
};
const containerOf = (service: ServiceName): { readonly pod: Pod; readonly container: Container } => {
  const pod = workloads.find(({ metadata }) => metadata.name === `finality-${service}`)?.spec.template;
  if (pod === undefined) throw new Error(`there is no Deployment finality-${service}`);
  return { pod, container: pod.spec.containers[0] };
};

describe("the manifests", () => {
  test("every file of the base is named by its kustomization, and none besides", () => {
    expect(resources.toSorted()).toEqual(readdirSync(join(root, folder)).filter((name) => name !== "kustomization.yaml").sort());
  });

  test.each([...base, ...overlay].map((manifest) => ({ manifest, named: `${manifest.kind} ${manifest.metadata.name}` })))("$named has values that Kubernetes' schema allows", ({ manifest }) => {
    checkValues(manifest);
  });

  test("no field is there that Kubernetes does not know, and a mistyped one is found", { timeout: compileMsMax }, () => {
    const scratch = mkdtempSync(join(tmpdir(), "finality-manifests-"));
    try {
      expect(unknownFields([...base, ...overlay], scratch)).toEqual([]);
      const [wrong] = JSON.parse(JSON.stringify(workloads).replaceAll("readOnlyRootFilesystem", "readOnlyRootFileSystem")) as readonly Manifest[];
      expect(unknownFields(wrong === undefined ? [] : [wrong], scratch).join()).toContain("readOnlyRootFileSystem");
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });

  test("each service has a deployment and a disruption budget, and nothing else is deployed", () => {
    const names = (kind: string): readonly string[] => base.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name).sort();
    const expected = services.map((service) => `finality-${service}`).sort();
    expect(names("Deployment")).toEqual(expected);
    expect(names("PodDisruptionBudget")).toEqual(expected);
  });

  test.each(workloads)("$metadata.name is confined as the restricted standard asks, and runs a file that is there", ({ spec }) => {
    const [container] = spec.template.spec.containers;
    expect(spec.template.spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    expect(container.securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } });
    expect(container.image).not.toMatch(/:latest$|^[^:]+$/);
    expect(existsSync(join(root, container.args[0] ?? ""))).toBe(true);
  });

  test.each(workloads)("$metadata.name may reach what its settings name, and nothing else", ({ spec }) => {
    const { labels } = spec.template.metadata;
    const [container] = spec.template.spec.containers;
    const has = (name: string): boolean => container.env.some((each) => each.name === name) || configured(container)[name] !== undefined;
    const reach = { postgres: has("DATABASE_URL"), kafka: has("KAFKA_BROKERS"), redis: has("REDIS_URL") };
    for (const [dependency, needed] of Object.entries(reach)) expect(labels[`finality/${dependency}`] === "true", dependency).toBe(needed);
  });
});

test("what the notary keeps outside PostgreSQL outlives its pod, on a volume that it may write", () => {
  const { spec } = workloads.find(({ metadata }) => metadata.name === "finality-notary") ?? { spec: undefined };
  const [container] = spec?.template.spec.containers ?? [];
  const folder = container?.env.find(({ name }) => name === "FINALITY_CHECKPOINTS")?.value;
  const mount = container?.volumeMounts?.find(({ mountPath }) => mountPath === folder);
  expect(mount).toMatchObject({ mountPath: "/checkpoints" });
  expect(mount?.readOnly).not.toBe(true);
  const volume = spec?.template.spec.volumes?.find(({ name }) => name === mount?.name);
  const claim = base.find((each): each is Claim => each.kind === "PersistentVolumeClaim" && each.metadata.name === volume?.persistentVolumeClaim.claimName);
  expect(spec?.template.spec.securityContext.fsGroup).toBe(spec?.template.spec.securityContext.runAsGroup);
  // One node may write it: a second pod elsewhere would wait for ever, also amid a rollout.
  expect({ modes: claim?.spec.accessModes, replicas: spec?.replicas, strategy: spec?.strategy?.type }).toEqual({ modes: ["ReadWriteOnce"], replicas: 1, strategy: "Recreate" });
});

describe.each(services)("the deployment of %s", (service) => {
  const { pod, container } = containerOf(service);
  const values = readSettings(serviceSettings[service], { environment: configured(container) });

  test("sets only what there is to set, and the service can start with it", () => {
    const known = new Set(Object.values(serviceSettings).flatMap((settings) => Object.values(settings).map(({ env }) => env)));
    expect([...Object.keys(configured(container)), ...container.env.map(({ name }) => name)].filter((name) => !known.has(name))).toEqual([]);
  });

  test("is probed where it listens", () => {
    const ports = Object.fromEntries((container.ports ?? []).map(({ name, containerPort }) => [name, containerPort]));
    expect(ports["health"]).toBe(values.healthPort);
    expect([container.startupProbe, container.livenessProbe, container.readinessProbe].map(({ httpGet }) => httpGet)).toEqual(["/startupz", "/livez", "/readyz"].map((path) => ({ path, port: "health" })));
    if ("apiPort" in values) expect(ports["http"]).toBe(values.apiPort);
  });

  test("gives a clean stop, and a slow start, the time that the service itself allows", () => {
    const preStopMs = (container.lifecycle?.preStop.sleep.seconds ?? 0) * 1_000;
    expect(pod.spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(values.stopWithinMs + preStopMs);
    expect(container.startupProbe.periodSeconds * container.startupProbe.failureThreshold * 1_000).toBeGreaterThan(values.startWithinMs);
  });
});

const kustomize = [["kustomize", "build"], ["kubectl", "kustomize"]].find(([program = ""]) => spawnSync(program, ["--help"]).status === 0);
if (kustomize === undefined) console.warn("No kustomize and no kubectl here: the example overlay is NOT rendered by this run.");

test.skipIf(kustomize === undefined)("kustomize renders the example overlay, with everything of the base in it", () => {
  const [program = "", ...parameters] = kustomize ?? [];
  const text = execFileSync(program, [...parameters, join(root, "infra/kubernetes/overlays/example")], { encoding: "utf8" });
  const rendered = parseAllDocuments(text).map((document) => document.toJS() as Manifest & { readonly metadata: { readonly namespace?: string } });
  const named = (manifests: readonly Manifest[]): readonly string[] => manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
  expect(named(rendered)).toEqual(named([...base, ...overlay]));
  for (const manifest of rendered) checkValues(manifest);
  expect(rendered.filter(({ kind, metadata }) => kind !== "Namespace" && metadata.namespace !== "finality")).toEqual([]);
});
