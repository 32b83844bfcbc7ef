import { ContractsError } from "../errors.ts";
import { describeValue } from "../json/describe-value.ts";
import { textOf, utf8Of } from "../json/utf8.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { instrumentsMax, tickFlags, type TickColumns } from "./columns.ts";
import { newColumns } from "./new-columns.ts";

// One record's ticks as bytes, the same on every machine. Format 1:
//   byte 1 | varint count | varint instruments, each: varint length, UTF-8
//   | per tick one byte: kind (bits 0–1), which of value0 … value3 are there (bits 2–5), whether receive time is there (bit 6)
//   | per tick one byte: flags | per tick: varint index of the instrument
//   | per tick: signed varint of venue time minus the one before it (the first: minus 0)
//   | per tick that has one: signed varint of receive time minus venue time
//   | value0 of the ticks that have it, then value1, value2, value3: doubles, little-endian
// There is one spelling: the dictionary is in order of first appearance, numbers are shortest, absent values take no bytes, nothing trails.

const format = 1;

const kindMask = 0b11;
const receiveBit = 0b100_0000;
const unknownBits = 0b1000_0000;
const knownFlags = tickFlags.crossed | tickFlags.far | tickFlags.stale | tickFlags.late;
/** UTF-8 bytes of an instrument's name; the contract's own limit is 80 characters. */
const nameBytesMax = 320;
const nameLengthBytesMax = 2;
/** Shape, flags, instrument (3), venue and receive time (8 each), four doubles. */
const tickBytesMax = 1 + 1 + 3 + 8 + 8 + 32;

/** Throws `bad_ticks` when the columns contradict their own description. `decodeTicks(encodeTicks(x))` equals x. */
export const encodeTicks = (columns: TickColumns): Uint8Array<ArrayBuffer> => {
  checkLengths(columns);
  const names = columns.instruments.map(encodedName);
  const dictionaryBytes = names.reduce((sum, name) => sum + name.length + nameLengthBytesMax, 0);
  const writer = new ByteWriter(1 + 8 + 8 + dictionaryBytes + columns.count * tickBytesMax);
  writer.byte(format);
  writer.varint(columns.count);
  writer.varint(names.length);
  for (const name of names) {
    writer.varint(name.length);
    writer.raw(name);
  }
  const shapes = shapesOf(columns);
  writer.raw(shapes);
  writer.raw(columns.flags);
  writeInstruments(writer, columns);
  writeTimes(writer, columns, shapes);
  valuesOf(columns).forEach((values, place) => {
    for (let index = 0; index < columns.count; index++) {
      if (hasValue(shapes[index] ?? 0, place)) writer.double(values[index] ?? NaN);
    }
  });
  return writer.written();
};

/** Throws `bad_ticks` for bytes that `encodeTicks` never writes: truncated, trailing, other spellings, contradictions. */
export const decodeTicks = (bytes: Uint8Array): TickColumns => {
  const reader = new ByteReader(bytes);
  const found = reader.byte();
  if (found !== format) throw reader.error(`the format is ${String(found)}, this release knows ${String(format)},`);
  const count = reader.varint();
  // Shape, flags, instrument, time and one value: checked before anything of that size is allocated.
  if (count * 12 > reader.remaining) throw reader.error(`${String(count)} ticks are promised`);
  const instruments = readDictionary(reader);
  const shapes = reader.raw(count);
  const flags = reader.raw(count);
  checkBits(reader, shapes, flags);
  const columns = newColumns(count, instruments);
  columns.flags.set(flags);
  for (let index = 0; index < count; index++) columns.kind[index] = (shapes[index] ?? 0) & kindMask;
  readInstruments(reader, columns);
  readTimes(reader, columns, shapes);
  valuesOf(columns).forEach((values, place) => {
    for (let index = 0; index < count; index++) values[index] = hasValue(shapes[index] ?? 0, place) ? finite(reader) : NaN;
  });
  if (reader.remaining > 0) throw reader.error(`${String(reader.remaining)} bytes trail`);
  return columns;
};

const valuesOf = (columns: TickColumns): readonly Float64Array[] => [columns.value0, columns.value1, columns.value2, columns.value3];
const hasValue = (shape: number, place: number): boolean => ((shape >> (place + 2)) & 1) === 1;

/** Which values a tick of each kind may have, by kind, as bits of value0 … value3. */
const allowedValues: readonly ((values: number) => boolean)[] = [
  // A bid or an ask, with or without sizes.
  (values) => (values & 0b0101) !== 0,
  (values) => values === 0b0011,
  (values) => values === 0b0001,
  (values) => values === 0b0001 || values === 0b0011,
];

const shapeAllowed = (shape: number): boolean =>
  (shape & unknownBits) === 0 && allowedValues[shape & kindMask]?.((shape >> 2) & 0b1111) === true;

const shapesOf = (columns: TickColumns): Uint8Array => {
  const values = valuesOf(columns);
  return Uint8Array.from({ length: columns.count }, (_, index) => {
    let shape = columns.kind[index] ?? 0;
    values.forEach((column, place) => {
      const value = column[index] ?? NaN;
      if (Math.abs(value) === Infinity) throw badTick(index, `value${String(place)} is ${String(value)}`);
      if (!Number.isNaN(value)) shape |= 1 << (place + 2);
    });
    if (!Number.isNaN(columns.receiveTimeUs[index])) shape |= receiveBit;
    if ((columns.kind[index] ?? 0) > kindMask || !shapeAllowed(shape)) throw badTick(index, `kind ${String(columns.kind[index])} does not go with the values that are there`);
    if (((columns.flags[index] ?? 0) & ~knownFlags) !== 0) throw badTick(index, `the flags ${String(columns.flags[index])} are not known`);
    return shape;
  });
};

const checkBits = (reader: ByteReader, shapes: Uint8Array, flags: Uint8Array): void => {
  const shape = shapes.find((candidate) => !shapeAllowed(candidate));
  if (shape !== undefined) throw reader.error(`a tick has the impossible shape ${String(shape)} before`);
  const flag = flags.find((candidate) => (candidate & ~knownFlags) !== 0);
  if (flag !== undefined) throw reader.error(`a tick has the unknown flags ${String(flag)} before`);
};

const writeInstruments = (writer: ByteWriter, { count, instrument, instruments }: TickColumns): void => {
  let known = 0;
  for (let index = 0; index < count; index++) {
    const place = instrument[index] ?? 0;
    if (place > known) throw badTick(index, "the dictionary is not in order of first appearance");
    if (place === known) known++;
    writer.varint(place);
  }
  if (known !== instruments.length) throw new ContractsError("bad_ticks", `The dictionary has ${String(instruments.length)} instruments; ${String(known)} are used.`);
};

const readInstruments = (reader: ByteReader, { count, instrument, instruments }: TickColumns): void => {
  let known = 0;
  for (let index = 0; index < count; index++) {
    const place = reader.varint();
    if (place > known || place >= instruments.length) throw reader.error(`tick ${String(index)} names instrument ${String(place)} out of order`);
    if (place === known) known++;
    instrument[index] = place;
  }
  if (known !== instruments.length) throw reader.error(`the dictionary has ${String(instruments.length)} instruments, of which ${String(known)} are used,`);
};

/** Records that follow each other mostly name the same instruments: the last dictionary is not decoded twice. */
let lastDictionary: { readonly bytes: Uint8Array; readonly instruments: readonly string[] } = { bytes: new Uint8Array(), instruments: [] };

const readDictionary = (reader: ByteReader): readonly string[] => {
  const { bytes, instruments } = lastDictionary;
  if (bytes.length > 0 && reader.skip(bytes)) return instruments;
  const from = reader.position;
  const names = decodedDictionary(reader);
  lastDictionary = { bytes: reader.since(from), instruments: names };
  return names;
};

const decodedDictionary = (reader: ByteReader): readonly string[] => {
  const length = reader.varint();
  if (length > instrumentsMax) throw reader.error(`${String(length)} instruments are promised`);
  const names: string[] = [];
  for (let index = 0; index < length; index++) names.push(decodedName(reader));
  if (new Set(names).size !== names.length) throw reader.error("the dictionary names an instrument twice");
  return names;
};

const decodedName = (reader: ByteReader): string => {
  const bytes = reader.raw(reader.varint());
  if (bytes.length === 0 || bytes.length > nameBytesMax) throw reader.error(`an instrument's name has ${String(bytes.length)} bytes`);
  try {
    return textOf(bytes);
  } catch {
    throw reader.error("an instrument's name is not UTF-8");
  }
};

const namesKept = 10_000;
const encodedNames = new Map<string, Uint8Array>();

const encodedName = (name: string): Uint8Array => {
  const known = encodedNames.get(name);
  if (known !== undefined) return known;
  const bytes = utf8Of(name);
  if (name !== "" && name.isWellFormed() && bytes.length <= nameBytesMax) {
    if (encodedNames.size >= namesKept) encodedNames.clear();
    encodedNames.set(name, bytes);
    return bytes;
  }
  throw new ContractsError("bad_ticks", `The instrument's name ${describeValue(name)} cannot be written.`);
};

const writeTimes = (writer: ByteWriter, { count, venueTimeUs, receiveTimeUs }: TickColumns, shapes: Uint8Array): void => {
  let before = 0;
  for (let index = 0; index < count; index++) {
    const time = timeAt(venueTimeUs, index);
    writer.signedVarint(time - before);
    before = time;
  }
  for (let index = 0; index < count; index++) {
    if (((shapes[index] ?? 0) & receiveBit) !== 0) writer.signedVarint(timeAt(receiveTimeUs, index) - (venueTimeUs[index] ?? 0));
  }
};

const readTimes = (reader: ByteReader, { count, venueTimeUs, receiveTimeUs }: TickColumns, shapes: Uint8Array): void => {
  let before = 0;
  for (let index = 0; index < count; index++) {
    before = checkedTime(reader, before + reader.signedVarint());
    venueTimeUs[index] = before;
  }
  for (let index = 0; index < count; index++) {
    const present = ((shapes[index] ?? 0) & receiveBit) !== 0;
    receiveTimeUs[index] = present ? checkedTime(reader, (venueTimeUs[index] ?? 0) + reader.signedVarint()) : NaN;
  }
};

const isTime = (time: number): boolean => Number.isSafeInteger(time) && time >= 0 && !Object.is(time, -0);

const timeAt = (times: Float64Array, index: number): number => {
  const time = times[index] ?? NaN;
  if (!isTime(time)) throw badTick(index, `the time ${String(time)} is not a whole number of microseconds since 1970`);
  return time;
};

const checkedTime = (reader: ByteReader, time: number): number => {
  if (!isTime(time)) throw reader.error(`the time ${String(time)} is out of range`);
  return time;
};

const finite = (reader: ByteReader): number => {
  const value = reader.double();
  if (!Number.isFinite(value)) throw reader.error(`the value ${String(value)} is not finite`);
  return value;
};

const checkLengths = (columns: TickColumns): void => {
  const { count, instruments } = columns;
  const lengths = [columns.instrument, columns.kind, columns.flags, columns.venueTimeUs, columns.receiveTimeUs, ...valuesOf(columns)].map((column) => column.length);
  const wrong = lengths.find((length) => length !== count);
  if (wrong !== undefined) throw new ContractsError("bad_ticks", `Tick columns of ${String(count)} ticks have a column of ${String(wrong)}.`);
  if (instruments.length > instrumentsMax) throw new ContractsError("bad_ticks", `${String(instruments.length)} instruments in one record; at most ${String(instrumentsMax)} fit.`);
  if (new Set(instruments).size !== instruments.length) throw new ContractsError("bad_ticks", "The dictionary names an instrument twice.");
};

const badTick = (index: number, what: string): ContractsError => new ContractsError("bad_ticks", `Tick ${String(index)}: ${what}.`);
