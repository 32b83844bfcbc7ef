import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeSettings } from "./describe-settings.ts";

test("docs/configuration.md says what the code does; write it with packages/runtime/scripts/write-configuration.ts", () => {
  expect(readFileSync(join(import.meta.dirname, "../../../../docs/configuration.md"), "utf8")).toBe(describeSettings());
});
