/** The part of V8's CPU profile that is read here. */
type Profile = {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number } }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
};

const isProfile = (value: unknown): value is Profile =>
  typeof value === "object" && value !== null && ["nodes", "samples", "timeDeltas"].every((key) => Array.isArray(Reflect.get(value, key)));

/** Share of the profiled time by what ran: a package of ours, an npm package, node itself, garbage collection, idle. Largest first. */
export const sharesOf = (text: string): readonly { readonly owner: string; readonly share: number; readonly milliseconds: number }[] => {
  const profile: unknown = JSON.parse(text);
  if (!isProfile(profile)) throw new Error("The file is no CPU profile.");
  const owners = new Map(profile.nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame)]));
  const spentUs = new Map<string, number>();
  for (const [index, sample] of profile.samples.entries()) {
    const owner = owners.get(sample) ?? "unknown";
    spentUs.set(owner, (spentUs.get(owner) ?? 0) + (profile.timeDeltas[index + 1] ?? 0));
  }
  const totalUs = [...spentUs.values()].reduce((sum, each) => sum + each, 0);
  return [...spentUs]
    .map(([owner, us]) => ({ owner, share: us / totalUs, milliseconds: us / 1_000 }))
    .sort((left, right) => right.share - left.share);
};

const ownerOf = ({ functionName, url }: Profile["nodes"][number]["callFrame"]): string => {
  if (functionName === "(idle)") return "idle (waiting for PostgreSQL, or for a timer)";
  if (functionName === "(garbage collector)") return "garbage collection";
  if (functionName === "(program)") return "node (native)";
  // A store path names the package twice; the last one is it.
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (installed !== undefined) return `npm ${installed}`;
  const own = /\/(?:packages|services)\/([^/]+)\//.exec(url)?.[1];
  return own === undefined ? "node" : `@finality/${own}`;
};
