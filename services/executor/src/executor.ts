import { commandAccounts, startLeaseKeeper } from "@finality/execution";
import { startKeyedTasks } from "@finality/service-kit";
import { workForAccount } from "./account-worker.ts";
import { timingsDefault, type ExecutorDeps, type ExecutorTimings } from "./deps.ts";

export type { ExecutorDeps, ExecutorTimings } from "./deps.ts";

export type Executor = {
  /** Accounts that it works for, or waits to. */
  accounts(): readonly string[];
  /** Rejects when it gave up for good; never resolves. */
  readonly failed: Promise<never>;
  /** Finishes the orders that are being sent and gives the accounts back. */
  stop(): Promise<void>;
};

/** One worker for every account that was ever sent a command; of several executors each account has one at a time (rule 23). */
export const startExecutor = (deps: ExecutorDeps): Executor => {
  const timings: ExecutorTimings = { ...timingsDefault, ...deps.timings };
  const { database, notifier, logger, executor } = deps;
  const leases = startLeaseKeeper({ database, notifier, logger, kind: "account", holder: executor, leaseMs: timings.leaseMs });
  const tasks = startKeyedTasks({
    name: "executor",
    keys: () => commandAccounts(database),
    everyMs: timings.pollMs,
    run: (account, signal) => leases.hold(account, signal, (lease) => workForAccount(deps, timings, account, lease)),
    logger,
  });
  const unsubscribe = notifier.subscribe("execution_command", tasks.wake);
  return {
    accounts: tasks.keys,
    failed: tasks.failed,
    stop: async () => {
      unsubscribe();
      await tasks.stop();
      await leases.stop();
    },
  };
};
