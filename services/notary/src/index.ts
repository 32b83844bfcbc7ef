export type { Signing } from "./attend-log.ts";
export { NotaryError, type NotaryErrorCode } from "./errors.ts";
export { type LogAttestation, type Notary, type NotaryDeps, startNotary } from "./notary.ts";
export { parseWitness, type Witness, type Witnessed } from "./witnesses.ts";
