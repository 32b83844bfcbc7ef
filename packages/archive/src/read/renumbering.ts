/** Turns places in the range's dictionary into a record's own dictionary, in order of first appearance. */
export type Renumbering = (places: Uint32Array) => { readonly instruments: readonly string[]; readonly instrument: Uint16Array };

export const createRenumbering = (names: readonly string[]): Renumbering => {
  /** The record, counted from 1, in which a place was last seen, and its number there: nothing is cleared between records. */
  const seenIn = new Float64Array(names.length);
  const numbers = new Uint16Array(names.length);
  let record = 0;
  return (places) => {
    record++;
    const instruments: string[] = [];
    const instrument = new Uint16Array(places.length);
    for (let index = 0; index < places.length; index++) {
      const place = places[index] ?? 0;
      if (seenIn[place] !== record) {
        seenIn[place] = record;
        numbers[place] = instruments.push(names[place] ?? "") - 1;
      }
      instrument[index] = numbers[place] ?? 0;
    }
    return { instruments, instrument };
  };
};
