import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The top of the checkout. */
export const root: string = join(import.meta.dirname, "../../..");

export const readText = (path: string): string => readFileSync(join(root, path), "utf8");
