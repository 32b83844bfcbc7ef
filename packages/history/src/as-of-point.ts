/** What a past state is asked for by: a position, or what was known at an instant. */
export type AsOfPoint = { readonly kind: "position"; readonly position: number } | { readonly kind: "recorded_time"; readonly recordedTimeUs: number };

const instant = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const minuteUs = 60_000_000;

/** An RFC 3339 instant in microseconds since 1970, cut to whole ones; undefined for what is none, 30 February and leap seconds too. */
export const parseInstant = (text: string): number | undefined => {
  const [matched, date = "", time = "", fraction = "", sign, hours = "0", minutes = "0"] = instant.exec(text) ?? [];
  if (matched === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const milliseconds = Date.parse(`${date}T${time}Z`);
  // A day or second that does not exist comes back as another one, or not at all.
  if (Number.isNaN(milliseconds) || !new Date(milliseconds).toISOString().startsWith(`${date}T${time}`)) return undefined;
  const offsetUs = (Number(hours) * 60 + Number(minutes)) * minuteUs * (sign === "-" ? -1 : 1);
  return milliseconds * 1_000 + Number(fraction.slice(0, 6).padEnd(6, "0")) - offsetUs;
};

/** Microseconds since 1970 as ISO 8601 in UTC with all six digits. */
export const formatInstant = (timeUs: number): string => {
  const micros = ((timeUs % 1_000_000) + 1_000_000) % 1_000_000;
  const seconds = new Date((timeUs - micros) / 1_000).toISOString().slice(0, "YYYY-MM-DDTHH:MM:SS".length);
  return `${seconds}.${String(micros).padStart(6, "0")}Z`;
};

/** `@<position>` or an RFC 3339 instant; undefined for anything else. */
export const parseAsOfPoint = (text: string): AsOfPoint | undefined => {
  const [, position] = /^@(\d{1,15})$/.exec(text) ?? [];
  if (position !== undefined) return { kind: "position", position: Number(position) };
  const recordedTimeUs = parseInstant(text);
  return recordedTimeUs === undefined ? undefined : { kind: "recorded_time", recordedTimeUs };
};
