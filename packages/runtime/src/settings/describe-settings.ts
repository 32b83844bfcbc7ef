import { serviceSettings } from "./definitions.ts";
import type { Setting } from "./setting.ts";

const heading = `# Configuration

Each service reads its settings once, when it starts: from the environment, then from the YAML file that \`FINALITY_CONFIG\` names, then
defaults; the first that says something wins, and an empty variable says nothing. Whatever is missing or cannot be is named at once, all of it, and
the process ends with code 2. Secrets may lie in a file: \`DATABASE_URL_FILE\` names one that holds the value of \`DATABASE_URL\`, and so
for every setting marked secret. They are never printed or logged.

\`npx -y pnpm@10 finality config show <service> --origin\` prints what a service would run with here, and where each value comes from.

In the file a dot is a level: \`kafka.brokers\` is

\`\`\`yaml
kafka:
  brokers: [kafka-1:9092, kafka-2:9092]
\`\`\`

This page is made from the code (\`packages/runtime/src/settings/definitions.ts\`); a test keeps it so.
`;

const services = Object.entries(serviceSettings);

/** Every setting with its variable, place in the file, default and meaning, as Markdown. */
export const describeSettings = (): string => {
  const all = new Map<string, Setting<unknown>>(services.flatMap(([, settings]) => Object.values(settings)).map((setting) => [setting.env, setting]));
  return `${heading}\n${table([["variable", "in the file", "default", "what it is", "read by"], ...[...all.values()].map(rowOf)])}\n`;
};

const rowOf = (setting: Setting<unknown>): readonly string[] => [
  `\`${setting.env}\``,
  `\`${setting.key}\``,
  defaultOf(setting),
  `${setting.says.replaceAll("|", "\\|")}${setting.secret ? " (secret)" : ""}`,
  readersOf(setting),
];

/** A health port is another one in each service. */
const defaultOf = ({ env, required }: Setting<unknown>): string => {
  if (required) return "required";
  const own = services.flatMap(([service, settings]) => Object.values<Setting<unknown>>(settings).filter((each) => each.env === env).map(({ fallback }) => ({ service, fallback })));
  const fallbacks = new Set(own.map(({ fallback }) => fallback));
  if (fallbacks.size > 1) return own.map(({ service, fallback }) => `${service} \`${fallback ?? ""}\``).join(", ");
  const [fallback] = fallbacks;
  return fallback === undefined ? "" : `\`${fallback}\``;
};

const readersOf = ({ env }: Setting<unknown>): string => {
  const readers = services.flatMap(([service, settings]) => (Object.values<Setting<unknown>>(settings).some((each) => each.env === env) ? [service] : []));
  return readers.length === services.length ? "all" : readers.join(", ");
};

const table = ([titles = [], ...rows]: readonly (readonly string[])[]): string => [titles, titles.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
