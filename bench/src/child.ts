import { spawn } from "node:child_process";

const timeoutMs = 600_000;
const tailCharacters = 2_000;

export type Finished = { readonly stdout: string; readonly stderr: string };

/** Runs this same node with these words and waits for it. Throws with the end of its stderr when it ends with another code than 0, or not within ten minutes. */
export const runNode = (words: readonly string[]): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"], timeout: timeoutMs });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const finished = { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
      if (code === 0) resolve(finished);
      else reject(new Error(`node ${words.join(" ")} ended with ${String(code ?? signal)}:\n${finished.stderr.slice(-tailCharacters)}`));
    });
  });
