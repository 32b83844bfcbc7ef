import { readFileSync } from "node:fs";
import { parse as parseYaml } from "yaml";
import { RuntimeError } from "../errors.ts";
import { allSettings } from "./definitions.ts";
import type { Setting, Settings, Values } from "./setting.ts";

/** Where settings come from, the strongest first. */
export type Sources = {
  /** By the name of the setting. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

export type Origin = "flag" | "environment" | "file" | "default" | "unset";

/** What `config show --origin` prints of one setting. */
export type Shown = { readonly name: string; readonly env: string; readonly key: string; readonly value: string; readonly origin: Origin; readonly where: string };

export type SettingsSeen<Defined extends Settings> = { readonly values: Values<Defined>; readonly shown: readonly Shown[]; /** One sentence each. */ readonly problems: readonly string[] };

type Found = { readonly text: string | undefined; readonly origin: Origin; readonly where: string };

const configFileEnv = "FINALITY_CONFIG";

/**
 * Reads what is defined: flag before environment before file (named by FINALITY_CONFIG) before default. An empty variable counts as not set.
 * Throws `RuntimeError` "bad_settings" with one line for each value that is missing or cannot be.
 */
export const readSettings = <Defined extends Settings>(defined: Defined, sources: Sources): Values<Defined> => {
  const { values, problems } = lookAtSettings(defined, sources);
  if (problems.length > 0) throw new RuntimeError("bad_settings", `The settings cannot be used.\n${problems.map((each) => `  ${each}`).join("\n")}`);
  return values;
};

/** The same for people: what there is, where it comes from, and what cannot be used, which has no value. */
export const lookAtSettings = <Defined extends Settings>(defined: Defined, sources: Sources): SettingsSeen<Defined> => {
  const problems: string[] = [];
  const file = readConfigFile(sources.environment[configFileEnv], problems);
  const values: Record<string, unknown> = {};
  const shown: Shown[] = [];
  for (const [name, setting] of Object.entries(defined)) {
    const found = find(name, setting, sources, file, problems);
    try {
      values[name] = setting.parse(found.text);
    } catch (error) {
      const given = found.text === undefined || setting.secret ? "" : ` is "${found.text}"; it`;
      problems.push(`${setting.env}${found.origin === "file" ? ` (${setting.key} in ${found.where})` : ""}${given} ${error instanceof Error ? error.message : String(error)}: ${setting.says}`);
    }
    shown.push({ name, env: setting.env, key: setting.key, value: shownValue(setting, found), origin: found.origin, where: found.where });
  }
  // Each name was given what its own setting parsed.
  return { values: Object.freeze(values) as Values<Defined>, shown, problems };
};

const shownValue = ({ secret, fallback }: Setting<unknown>, { text }: Found): string => (text === undefined ? (fallback ?? "") : secret ? "(secret)" : text);

const find = (name: string, setting: Setting<unknown>, { flags, environment }: Sources, file: ConfigFile, problems: string[]): Found => {
  const flag = flags?.[name];
  if (flag !== undefined) return { text: flag, origin: "flag", where: "command line" };
  const own = environment[setting.env];
  if (own !== undefined && own !== "") return { text: own, origin: "environment", where: setting.env };
  const secretFile = setting.secret ? environment[`${setting.env}_FILE`] : undefined;
  if (secretFile !== undefined && secretFile !== "") return { text: readSecret(setting, secretFile, problems), origin: "environment", where: `${setting.env}_FILE` };
  const inFile = file.texts.get(setting.key);
  if (inFile !== undefined) return { text: inFile, origin: "file", where: file.path };
  return { text: undefined, origin: setting.fallback === undefined ? "unset" : "default", where: "" };
};

const readSecret = ({ env }: Setting<unknown>, path: string, problems: string[]): string | undefined => {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    problems.push(`${env}_FILE is "${path}", which cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
};

type ConfigFile = { readonly path: string; readonly texts: ReadonlyMap<string, string> };

const readConfigFile = (path: string | undefined, problems: string[]): ConfigFile => {
  const texts = new Map<string, string>();
  if (path === undefined || path === "") return { path: "", texts };
  try {
    flatten(parseYaml(readFileSync(path, "utf8")), "", texts);
  } catch (error) {
    problems.push(`${configFileEnv} is "${path}", which cannot be read as YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const known = new Set(Object.values(allSettings).map(({ key }) => key));
  for (const key of texts.keys()) if (!known.has(key)) problems.push(`${path} sets "${key}", which is no setting; see docs/configuration.md`);
  return { path, texts };
};

/** Nested mappings become dotted keys, lists comma-separated texts. */
const flatten = (node: unknown, key: string, into: Map<string, string>): void => {
  if (node === null || node === undefined) return;
  if (typeof node === "object" && !Array.isArray(node)) {
    for (const [name, child] of Object.entries(node)) flatten(child, key === "" ? name : `${key}.${name}`, into);
    return;
  }
  into.set(key, Array.isArray(node) ? node.join(",") : `${node as string | number | boolean}`);
};
