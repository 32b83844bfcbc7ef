import { canonicalJson } from "@finality/contracts";
import { dayOf, timeOfDay } from "../output.ts";
import type { DecisionDifference, DecisionInputs, VerifyDifference } from "./verdict.ts";

const text = (value: unknown): string => (value === undefined || value === null ? "nothing" : Buffer.from(canonicalJson(value)).toString("utf8"));

const inputsOf = ({ spot, netDelta, band, vols }: DecisionInputs): string => `spot ${text(spot)}, net delta ${text(netDelta)}, band ${text(band)}, vols ${text(vols)}`;

const describeDecision = (place: string, difference: DecisionDifference): string => {
  const { field, recorded, recomputed, input, recordedDecision, recomputedDecision, inputs } = difference;
  return [
    `DIFFERS at ${place}: ${field === "" ? "the decision" : field}`,
    ...(field === "" ? [] : [`  recorded    ${text(recorded)}`, `  recomputed  ${text(recomputed)}`]),
    `behind the input at position ${String(input.position)}: ${input.type}, ${dayOf(input.recordedTimeUs)} ${timeOfDay(input.recordedTimeUs)} UTC`,
    `  recorded decision    ${text(recordedDecision)}`,
    `  made from            ${inputsOf(inputs.recorded)}`,
    `  recomputed decision  ${text(recomputedDecision)}`,
    `  made from            ${inputsOf(inputs.recomputed)}`,
  ].join("\n");
};

/** For people: where it is, what both sides say, what they were made from. */
export const describeDifference = (difference: VerifyDifference): string => {
  const place = `${difference.log}, position ${String(difference.position)}`;
  switch (difference.kind) {
    case "decision":
      return describeDecision(place, difference);
    case "leaf":
      return `CHANGED at ${place}: the record's bytes are not the ones that were hashed\n  leaf hash stored    ${difference.storedLeafHash}\n  leaf hash computed  ${difference.computedLeafHash}`;
    case "root":
      return `CHANGED up to ${place}: the records are not the ones under the head's root\n  root stored    ${difference.storedRoot}\n  root computed  ${difference.computedRoot}`;
    case "unreadable":
      return `UNREADABLE at ${place}: ${difference.error}`;
  }
};
