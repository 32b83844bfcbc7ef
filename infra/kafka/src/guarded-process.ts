import { spawn } from "node:child_process";
import { once } from "node:events";

export type GuardedProcess = {
  readonly pid: number;
  /** Resolves when the process is gone, however it ended. */
  readonly ended: Promise<void>;
  /** Nothing happens when the process is gone already. */
  signal(signal: NodeJS.Signals): void;
  /** Sends a signal that ends it and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
};

/**
 * A server that lives at most as long as this process, even if this one is killed with -9: a guard waits for the end of a pipe
 * that only this process holds. Both have sessions of their own, so that Ctrl-C in a terminal reaches this process alone.
 * `output` is a file descriptor for what the server prints. Rejects when the program cannot be started.
 */
export const spawnGuarded = async (program: string, parameters: readonly string[], { output }: { readonly output: number }): Promise<GuardedProcess> => {
  const server = spawn(program, parameters, { detached: true, stdio: ["ignore", output, output] });
  await once(server, "spawn");
  const { pid } = server;
  if (pid === undefined) throw new Error(`${program} was started and has no pid`);
  const guard = spawn("sh", ["-c", 'cat >/dev/null; kill -9 "$1"', "guard", String(pid)], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  guard.on("error", () => server.kill("SIGKILL"));
  server.unref();
  guard.unref();
  const ended = new Promise<void>((resolve) => {
    server.once("exit", () => {
      guard.kill("SIGKILL"); // before the pid can be anybody else's
      resolve();
    });
  });
  return {
    pid,
    ended,
    signal: (signal) => void server.kill(signal),
    end: (signal) => {
      server.ref(); // this process stays for it
      server.kill(signal);
      return ended;
    },
  };
};
