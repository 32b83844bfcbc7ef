export { claim, type Claim, type ClaimOptions } from "./claim.ts";
export { commandAccounts, commandById, recordCommand, unansweredCommands, type Command } from "./commands.ts";
export { ExecutionError, type ExecutionErrorCode } from "./errors.ts";
export { checkpointOf, moveCheckpoint, whileAlone, type CheckpointMove } from "./followers.ts";
export { halt, resume, type HaltAnswer, type HaltOrder } from "./halts.ts";
export { renewLease, releaseLease, takeLease, type Lease } from "./leases.ts";
export { markPublished, publishableReports, type Report } from "./outbox.ts";
export { openAttempts, settle, type OpenAttempt, type Outcome } from "./settle.ts";
export { takeOverReports, venueCursor, type TakenReport } from "./venue-reports.ts";
