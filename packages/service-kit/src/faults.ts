import { ServiceKitError } from "./errors.ts";

/** The places between two steps where a crash hurts most; crash tests end the process there. */
export const faultPoints = ["append-acknowledge", "commit-enqueue", "claim-send", "accept-report", "projector-batch"] as const;
export type FaultPoint = (typeof faultPoints)[number];

export type Faults = {
  /** Called where the work passes the point; does nothing unless a crash was asked for there. */
  passing(point: FaultPoint): void;
};

export const noFaults: Faults = { passing: () => undefined };

const spelling = /^([a-z-]+)(?::([1-9][0-9]{0,8}))?$/;

const isFaultPoint = (text: string | undefined): text is FaultPoint => faultPoints.some((point) => point === text);

const killSelf = (): void => {
  process.kill(process.pid, "SIGKILL");
};

/**
 * From `<point>` or `<point>:<n>` (FINALITY_CRASH_AT): the n-th passage of the point, by default the first, ends the process as
 * kill -9 does. Undefined or empty: nothing ever happens. `crash` is another ending, in tests only. Throws ServiceKitError "bad_fault".
 */
export const createFaults = (text: string | undefined, crash: () => void = killSelf): Faults => {
  if (text === undefined || text === "") return noFaults;
  const [, point, passage = "1"] = spelling.exec(text) ?? [];
  if (!isFaultPoint(point)) {
    throw new ServiceKitError("bad_fault", `A crash point is one of ${faultPoints.join(", ")}, with ":n" for the n-th passage; got "${text}".`);
  }
  let left = Number(passage);
  return {
    passing: (passed) => {
      if (passed !== point) return;
      left -= 1;
      if (left === 0) crash();
    },
  };
};
