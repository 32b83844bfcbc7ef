import type { Message } from "@finality/contracts";
import type { EngineState } from "../state/engine-state.ts";
import { record, type Admission } from "./admission.ts";
import { admitBook, admitHalt, admitLimits, admitListing, admitOpening, admitPolicy, admitRelease, admitSettlementPrice } from "./admit-control.ts";
import { admitFill, admitReport, admitTrade } from "./admit-executions.ts";
import { admitTicks } from "./admit-ticks.ts";
import { admitSnapshot } from "../reconciliation/reconcile.ts";

const admitOpen = (state: EngineState, message: Exclude<Message, { readonly type: "open_log" }>, recordedTimeUs: number): Admission => {
  switch (message.type) {
    case "ticks":
      return admitTicks(state, message.body.ticks, recordedTimeUs);
    case "clock":
      return record({ type: "ClockTicked", body: message.body }, recordedTimeUs);
    case "order_report":
      return admitReport(state, message.body);
    case "fill":
      return admitFill(state, message.body);
    case "position_snapshot":
      return admitSnapshot(state, message.body);
    case "list_instrument":
      return admitListing(state, message.body.instrument, recordedTimeUs);
    case "open_book":
      return admitBook(state, message.body, recordedTimeUs);
    case "book_trade":
      return admitTrade(state, message.body);
    case "set_policy":
      return admitPolicy(state, message.body, recordedTimeUs);
    case "set_limits":
      return admitLimits(state, message.body, recordedTimeUs);
    case "settlement_price":
      return admitSettlementPrice(state, message.body);
    case "halt":
      return admitHalt(state, { type: "Halted", body: message.body }, recordedTimeUs);
    case "resume":
      return admitHalt(state, { type: "Resumed", body: message.body }, recordedTimeUs);
    case "release_book":
      return admitRelease(state, message.body.book, recordedTimeUs);
  }
};

/**
 * What becomes of a parsed message of this log: judged once, before recording, never on replay (rule 7). Reads only. `recordedTimeUs`
 * is the time that the record will carry: max(clock, last recorded), or the message's instant in a data log.
 */
export const admit = (state: EngineState, message: Message, recordedTimeUs: number): Admission => {
  if (message.type === "open_log") return admitOpening(state, message.body, recordedTimeUs);
  return state.facts.opening === null ? { kind: "wait" } : admitOpen(state, message, recordedTimeUs);
};
