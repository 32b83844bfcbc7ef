import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigMap, Namespace, PersistentVolumeClaim, Service } from "kubernetes-models/v1";
import { Deployment } from "kubernetes-models/apps/v1";
import { Job } from "kubernetes-models/batch/v1";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import ts from "typescript";

/** A Kubernetes object as YAML has it. */
export type Manifest = { readonly apiVersion: string; readonly kind: string; readonly metadata: { readonly name: string } };

type Checked = { validate(): void };
const kinds: Readonly<Record<string, { readonly from: string; readonly check: (manifest: never) => Checked }>> = {
  ConfigMap: { from: "v1", check: (manifest) => new ConfigMap(manifest) },
  Deployment: { from: "apps/v1", check: (manifest) => new Deployment(manifest) },
  Job: { from: "batch/v1", check: (manifest) => new Job(manifest) },
  Namespace: { from: "v1", check: (manifest) => new Namespace(manifest) },
  NetworkPolicy: { from: "networking.k8s.io/v1", check: (manifest) => new NetworkPolicy(manifest) },
  PersistentVolumeClaim: { from: "v1", check: (manifest) => new PersistentVolumeClaim(manifest) },
  PodDisruptionBudget: { from: "policy/v1", check: (manifest) => new PodDisruptionBudget(manifest) },
  Service: { from: "v1", check: (manifest) => new Service(manifest) },
};

/** Values against Kubernetes' OpenAPI schemas. Throws what is wrong and where. */
export const checkValues = (manifest: Manifest): void => {
  const kind = kinds[manifest.kind];
  if (kind === undefined) throw new Error(`${manifest.kind} ${manifest.metadata.name}: no schema is known for this kind; add it to kubernetes-models.ts`);
  // The schema says whether it is one.
  kind.check(manifest as never).validate();
};

/**
 * What the schemas let pass: fields that do not exist. The compiler finds them, because an object literal must not have more than its type.
 * Returns what it says; `folder` is where it may write.
 */
export const unknownFields = (manifests: readonly Manifest[], folder: string): readonly string[] => {
  const used = [...new Set(manifests.map(({ kind }) => kind))];
  const imports = used.map((kind) => `import type { I${kind} } from "kubernetes-models/${kinds[kind]?.from ?? "v1"}";`);
  const literals = manifests.map((manifest) => `({ ${JSON.stringify(manifest).slice(1, -1)} }) satisfies I${manifest.kind};`);
  const file = join(folder, "manifests.ts");
  writeFileSync(file, [...imports, ...literals].join("\n"));
  const host = ts.createCompilerHost({});
  // The folder is outside of the workspace: packages are looked up from here.
  host.resolveModuleNameLiterals = (names, _containing, _redirected, options) => names.map(({ text }) => ts.resolveModuleName(text, text.startsWith(".") || _containing !== file ? _containing : import.meta.filename, options, host));
  const program = ts.createProgram([file], { noEmit: true, strict: true, skipLibCheck: true, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2024, types: [] }, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, file: at, start }) => {
    const line = at === undefined || start === undefined ? 0 : at.getLineAndCharacterOfPosition(start).line - imports.length;
    const manifest = manifests[line];
    return `${manifest === undefined ? "" : `${manifest.kind} ${manifest.metadata.name}: `}${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
};
