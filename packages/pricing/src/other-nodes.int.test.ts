import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { arm64Node, otherNode, type OtherNode } from "@finality/testkit";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../reference/check-kernel-hashes.ts", import.meta.url));

/** The oldest and the newest Node that can run the sources, beside the one that runs all tests. */
const versions = ["22.23.3", "26.10.0"];

const expectGoldenBits = ({ command, args }: OtherNode): void => {
  const { status, stdout, stderr } = spawnSync(command, [...args, script], { encoding: "utf8", timeout: 300_000 });
  expect({ status, different: stdout.split("\n").filter((line) => !line.startsWith("same") && line !== ""), stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, different: [], stderr: "" });
  expect(stdout.split("\n").length).toBeGreaterThan(10);
};

test.each(versions)("every kernel gives the golden bits under Node %s", (version) => {
  expectGoldenBits(otherNode(version));
}, 300_000);

test("every kernel gives the golden bits on arm64", (context) => {
  const node = arm64Node();
  if (node === undefined) {
    if (process.env["CI"] === "true") throw new Error("CI must run the kernels on emulated arm64: qemu-aarch64-static and the arm64 libraries are missing");
    process.stderr.write("SKIPPED: the kernels on arm64 need qemu-aarch64-static, libc6-arm64-cross and libstdc++6-arm64-cross (Debian)\n");
    context.skip();
    return;
  }
  expectGoldenBits(node);
}, 300_000);
