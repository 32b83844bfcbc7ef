import { claim, settle, type Command, type Outcome } from "@finality/execution";
import type { SubmitAnswer, Venue } from "@finality/venues";
import type { ExecutorDeps, ExecutorTimings } from "./deps.ts";

export type Sending = Pick<ExecutorDeps, "database" | "venue" | "notifier" | "faults" | "logger" | "executor"> & {
  readonly timings: ExecutorTimings;
  /** False once the account's lease is lost or may be: then nothing more is sent. */
  readonly isHeld: () => boolean;
  /** Commands that this very worker is sending now; the resolver leaves them alone. */
  readonly underWay: Set<string>;
};

/**
 * The job: claims, sends at most once, records the answer together with its report (rule 20). Throws only when the database failed; whatever
 * was claimed by then is resolved by asking the venue.
 */
export const sendCommand = async (sending: Sending, commandId: string): Promise<void> => {
  const { database, notifier, logger, executor, timings, underWay } = sending;
  // Taken before the claim, so that it ends before the time that the claim states.
  const sendByMs = performance.now() + timings.sendWithinMs;
  underWay.add(commandId);
  try {
    const claimed = await claim(database, { commandId, executor, sendWithinMs: timings.sendWithinMs });
    if (claimed.kind === "not_recorded") logger.error({ commandId }, "a job names a command that nobody recorded; it is refused");
    if (claimed.kind === "not_recorded" || claimed.kind === "taken") return;
    if (claimed.kind === "claimed") {
      const outcome = await send(sending, claimed.command, { sendByMs, sendByUs: claimed.sendByUs });
      await database.transaction((client) => settle(client, commandId, outcome));
    }
    notifier.notify("execution_outbox");
  } finally {
    underWay.delete(commandId);
  }
};

type SendBy = { readonly sendByMs: number; readonly sendByUs: number };

const send = async ({ venue, faults, logger, isHeld }: Sending, command: Command, { sendByMs, sendByUs }: SendBy): Promise<Outcome> => {
  faults.passing("claim-send");
  if (!isHeld()) return { state: "withdrawn", reason: "lease_lost" };
  if (performance.now() >= sendByMs) return { state: "withdrawn", reason: "send_by_passed" };
  try {
    const answer = await submit(venue, command, sendByUs);
    faults.passing("accept-report");
    if (answer.kind === "accepted") return { state: "accepted" };
    // The venue has an order of this very command already, whoever sent it: what became of it is asked, not guessed.
    return answer.reason === "duplicate_client_order_id" ? { state: "unknown" } : { state: "rejected", reason: answer.reason };
  } catch (error) {
    // Whatever failed, the venue may have it: only asking can tell.
    logger.warn({ err: error, commandId: command.commandId, account: command.account }, "the answer to an order was lost; the venue will be asked");
    return { state: "unknown" };
  }
};

const submit = (venue: Venue, { commandId, log, account, recordedUs, body }: Command, submitByUs: number): Promise<SubmitAnswer> =>
  venue.submit({ clientOrderId: commandId, log, account, instrument: body.instrument, side: body.side, quantity: body.quantity, decidedUs: recordedUs, submitByUs });
