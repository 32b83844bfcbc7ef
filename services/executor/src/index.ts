export { startExecutor, type Executor, type ExecutorDeps, type ExecutorTimings } from "./executor.ts";
