const lengthMax = 80;

/** A value of unknown shape in a few words, for error messages. Never long, never deep. */
export const describeValue = (value: unknown): string => {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return `an array of ${String(value.length)}`;
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > lengthMax ? `${value.slice(0, lengthMax)}…` : value);
    case "number":
    case "boolean":
      return String(value);
    default:
      return `a value of type ${typeof value}`;
  }
};
