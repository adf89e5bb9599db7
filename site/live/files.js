// Arrays in files, in the safetensors format: the length of a header, the header as JSON, the data.
// The header's metadata holds a CRC-32 of the data, so that a damaged file is found out.

const TYPES = { F32: Float32Array, F16: Uint16Array, U8: Uint8Array };

/** Fetches and reads a file that lies beside this script; what is compressed is unpacked. */
export async function fetchArrays(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name} is missing`);
  let bytes = await response.arrayBuffer();
  const [first, second] = new Uint8Array(bytes);
  if (first === 0x1f && second === 0x8b) bytes = await unpacked(bytes, name); // unless the server has
  return readArrays(bytes, name);
}

async function unpacked(bytes, name) {
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return await new Response(stream).arrayBuffer();
  } catch {
    throw new Error(`${name} is damaged`);
  }
}

/** Gives the metadata of a file's bytes, and the arrays with their shapes; 16-bit numbers become 32-bit ones.
 *
 * Throws an error with one sentence if the file is damaged or of another kind.
 */
export function readArrays(buffer, name) {
  let header, data;
  try {
    const length = Number(new DataView(buffer).getBigUint64(0, true));
    header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
    data = buffer.slice(8 + length);
  } catch {
    throw new Error(`${name} is no file of arrays in the safetensors format`);
  }
  const { __metadata__: metadata = {}, ...entries } = header;
  if (metadata.crc32 !== crc32(new Uint8Array(data)).toString(16).padStart(8, "0")) {
    throw new Error(`${name} is damaged`);
  }
  const arrays = {}, shapes = {};
  for (const [key, { dtype, shape, data_offsets: [start, end] }] of Object.entries(entries)) {
    shapes[key] = shape;
    const array = new TYPES[dtype](data.slice(start, end));
    arrays[key] = dtype === "F16" ? Float32Array.from(array, half) : array;
  }
  return { metadata, arrays, shapes };
}

/** Gives the bytes of a file with these metadata and arrays of 32-bit numbers. */
export function writeArrays(metadata, arrays) {
  const entries = {};
  let place = 0;
  for (const [key, array] of Object.entries(arrays)) {
    entries[key] = { dtype: "F32", shape: [array.length], data_offsets: [place, place + array.byteLength] };
    place += array.byteLength;
  }
  const data = new Uint8Array(place);
  for (const [key, array] of Object.entries(arrays)) {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    data.set(bytes, entries[key].data_offsets[0]);
  }
  const crc = crc32(data).toString(16).padStart(8, "0");
  const text = JSON.stringify({ __metadata__: { ...metadata, crc32: crc }, ...entries });
  const header = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, BigInt(header.length), true);
  return new Blob([length, header, data]);
}

function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * 2 ** -24 * fraction;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * 2 ** (exponent - 25) * (1024 + fraction);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ CRC_TABLE[(value ^ byte) & 255];
  return ~value >>> 0;
}
