import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import kafkajs from "kafkajs";
import { compressFrameSync, decompressFrameSync } from "lz4-napi";
import snappy from "snappy";

const { CompressionCodecs, CompressionTypes } = kafkajs;

type Encoder = { readonly buffer: Buffer };
type Codec = { readonly compress: (encoder: Encoder) => Promise<Buffer>; readonly decompress: (buffer: Buffer) => Promise<Buffer> };

/** Java's clients put snappy blocks into a frame of their own: this magic, two versions, then length and block by turns. */
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeaderBytes = 16;
const lengthBytes = 4;

const unsnap = (buffer: Buffer): Buffer => Buffer.from(snappy.uncompressSync(buffer, { asBuffer: true }));

export const unsnapFramed = (buffer: Buffer): Buffer => {
  if (!buffer.subarray(0, xerialMagic.length).equals(xerialMagic)) return unsnap(buffer);
  const blocks: Buffer[] = [];
  for (let at = xerialHeaderBytes; at < buffer.length; ) {
    const length = buffer.readUInt32BE(at);
    at += lengthBytes;
    blocks.push(unsnap(buffer.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat(blocks);
};

const snappyCodec: Codec = { compress: async ({ buffer }) => snappy.compressSync(buffer), decompress: async (buffer) => unsnapFramed(buffer) };
const lz4Codec: Codec = { compress: async ({ buffer }) => compressFrameSync(buffer), decompress: async (buffer) => decompressFrameSync(buffer) };
const zstdCodec: Codec = { compress: async ({ buffer }) => zstdCompressSync(buffer), decompress: async (buffer) => zstdDecompressSync(buffer) };

/** gzip is built in; a consumer that meets a codec it does not know stops, so all of Kafka's are known from the start. */
export const registerCodecs = (): void => {
  CompressionCodecs[CompressionTypes.Snappy] = () => snappyCodec;
  CompressionCodecs[CompressionTypes.LZ4] = () => lz4Codec;
  CompressionCodecs[CompressionTypes.ZSTD] = () => zstdCodec;
};
