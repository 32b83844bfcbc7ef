import { WorkQueueError } from "./errors.ts";

/** The queue of an account. Two accounts never share one: what the engine does not take in a name is written as `.hex.`. */
export const queueNameOf = (account: string): string =>
  `exec-${account.replaceAll(/[^A-Za-z0-9_-]/gu, (character) => `.${(character.codePointAt(0) ?? 0).toString(16)}.`)}`;

/** Throws WorkQueueError "bad_command_id": BullMQ takes no job id that contains ":" or is all digits. */
export const jobIdOf = (commandId: string): string => {
  if (commandId === "" || commandId.includes(":") || /^\d+$/.test(commandId)) {
    throw new WorkQueueError("bad_command_id", `The command id "${commandId}" cannot be a job id: it must not be empty, contain ":" or be all digits.`);
  }
  return commandId;
};
