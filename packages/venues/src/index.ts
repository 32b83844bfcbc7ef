export { VenueError, type VenueErrorCode } from "./errors.ts";
export { createPaperVenueClient } from "./paper/client.ts";
export { appendVenueReports, type NewVenueReport } from "./paper/reports.ts";
export { parseVenueTerms, setVenueTerms, venueTermsOf, VenueTerms } from "./paper/terms.ts";
export type { SubmitAnswer, Venue, VenueOrder, VenueOrderState, VenuePositions, VenueReport } from "./venue.ts";
