// Reads Vitest's JSON report and prints the count on a line of its own; exits 1 if a test failed, was skipped, or none ran.
import { existsSync, readFileSync } from "node:fs";

const [file] = process.argv.slice(2);
const text = existsSync(file) ? readFileSync(file, "utf8") : "";
if (text === "") {
  console.log("Vitest wrote no report: it stopped before its end.");
  process.exit(1);
}
const { testResults } = JSON.parse(text);
const tests = testResults.flatMap((result) => result.assertionResults);
const passed = tests.filter((test) => test.status === "passed").length;
const failures = tests.filter((test) => test.status === "failed").map((test) => test.fullName);
// A file that did not load, or whose hooks failed, has no failed test of its own, and still counts.
const brokenFiles = testResults
  .filter((result) => result.status === "failed" && !result.assertionResults.some((test) => test.status === "failed"))
  .map((result) => `${result.name}: ${result.message}`);
const skipped = tests.filter((test) => test.status !== "passed" && test.status !== "failed").map((test) => test.fullName);

for (const name of [...failures, ...brokenFiles]) console.log(`failed: ${name}`);
for (const name of skipped) console.log(`skipped: ${name}`);

const failed = failures.length + brokenFiles.length;
console.log(`${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`);
process.exit(failed > 0 || skipped.length > 0 || passed === 0 ? 1 : 0);
