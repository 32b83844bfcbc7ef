/** One instruction, continuation lines joined, comments gone. */
export type Instruction = { readonly name: string; readonly rest: string };
export type Stage = { readonly name: string; readonly instructions: readonly Instruction[] };

const isComment = (line: string): boolean => line.trimStart().startsWith("#") || line.trim() === "";

/** Stages in order; a stage without a name is called by its number. What stands before the first FROM is left out. */
export const parseDockerfile = (text: string): readonly Stage[] => {
  const lines = text.split("\n").filter((line) => !isComment(line)).join("\n").replaceAll("\\\n", " ").split("\n");
  const stages: { name: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = "", rest = ""] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === "FROM") stages.push({ name: /\sAS\s+(\S+)/.exec(rest)?.[1] ?? String(stages.length), instructions: [] });
    else stages.at(-1)?.instructions.push({ name, rest: rest.replaceAll(/\s+/g, " ").trim() });
  }
  return stages;
};

type Rule = { readonly matches: RegExp; readonly keeps: boolean };

/** `**` is any folders, `*` anything but a slash; a folder's pattern covers what is in it. */
const patternOf = (pattern: string): RegExp => {
  const body = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/\*\*\/|\*/g, (star) => (star === "*" ? "[^/]*" : "(?:.*/)?"));
  return new RegExp(`^${body}(?:/|$)`);
};

/** Whether a file of the checkout belongs to the build context; the last rule that matches wins. */
export const contextFilter = (dockerignore: string): ((path: string) => boolean) => {
  const rules = dockerignore.split("\n").filter((line) => !isComment(line)).map((line): Rule => {
    const keeps = line.startsWith("!");
    return { keeps, matches: patternOf(keeps ? line.slice(1) : line) };
  });
  return (path) => rules.findLast(({ matches }) => matches.test(path))?.keeps ?? true;
};
