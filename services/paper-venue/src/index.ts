export { startPaperVenue, type PaperVenue, type PaperVenueDeps } from "./paper-venue.ts";
