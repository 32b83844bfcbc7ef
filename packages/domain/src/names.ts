/** Order of names by UTF-16 code units: the same on every machine, whatever its locale. For `Array.prototype.sort`. */
export const compareNames = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
