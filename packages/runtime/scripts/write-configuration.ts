import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeSettings } from "../src/settings/describe-settings.ts";

// Run after a setting changed: node packages/runtime/scripts/write-configuration.ts
writeFileSync(join(import.meta.dirname, "../../../docs/configuration.md"), describeSettings());
