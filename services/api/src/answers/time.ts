/** Microseconds since 1970 as ISO 8601 in UTC with all six digits. */
export const isoTime = (timeUs: number): string => {
  const micros = ((timeUs % 1_000_000) + 1_000_000) % 1_000_000;
  const seconds = new Date((timeUs - micros) / 1_000).toISOString().slice(0, "YYYY-MM-DDTHH:MM:SS".length);
  return `${seconds}.${String(micros).padStart(6, "0")}Z`;
};
