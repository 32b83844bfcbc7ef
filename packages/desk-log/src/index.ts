export { type RecordedLog, recordedLog } from "./recorded-log.ts";
