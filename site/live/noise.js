// Random numbers. Those of the explorers are numpy.random.default_rng(seed).standard_normal(count,
// dtype=float32), bit for bit, so that a seed gives the same picture here and in a notebook: SeedSequence, PCG64 (O'Neill 2014) and the ziggurat
// of 256 steps (Marsaglia and Tsang 2000, in the variant of Doornik 2005).

const MASK_64 = (1n << 64n) - 1n;
const MASK_128 = (1n << 128n) - 1n;
const MULTIPLIER = (2549297995355413924n << 64n) | 4865540595714422341n;
const EDGE = 3.6541528853610088; // where the last step ends and the tail begins
const AREA = 0.00492867323399; // of each step
const float = Math.fround;

const { limits, widths, heights } = zigguratTables();

/** Gives `count` normal numbers, Float32Array, for a whole seed from 0 to 2³² − 1. */
export function standardNormal(count, seed) {
  const next = randomBits(seed);
  const uniform = () => (next() >>> 8) / 2 ** 24;
  const numbers = new Float32Array(count);
  for (let n = 0; n < count; ) {
    const bits = next();
    const step = bits & 255;
    const size = bits >>> 9;
    const x = float(size * widths[step]) * (bits & 256 ? -1 : 1);
    if (size < limits[step]) {
      numbers[n++] = x;
    } else if (step === 0) {
      const beyond = tail(uniform);
      numbers[n++] = (size >>> 8) & 1 ? -beyond : beyond;
    } else {
      const height = float(heights[step - 1] - heights[step]) * uniform() + heights[step];
      if (float(height) < Math.exp(-0.5 * x * x)) numbers[n++] = x;
    }
  }
  return numbers;
}

function tail(uniform) {
  for (;;) {
    const x = float(-float(1 / EDGE) * float(Math.log1p(-uniform())));
    const y = float(-Math.log1p(-uniform()));
    if (y + y > x * x) return float(float(EDGE) + x);
  }
}

function zigguratTables() {
  const density = (x) => Math.exp(-0.5 * x * x);
  const edges = new Float64Array(257);
  edges[256] = AREA / density(EDGE);
  edges[255] = EDGE;
  for (let i = 254; i > 0; i--) {
    edges[i] = Math.sqrt(-2 * Math.log(AREA / edges[i + 1] + density(edges[i + 1])));
  }
  const limits = new Uint32Array(256);
  const widths = new Float32Array(256);
  const heights = new Float32Array(256);
  limits[0] = (EDGE / edges[256]) * 2 ** 23;
  widths[0] = edges[256] / 2 ** 23;
  heights[0] = 1;
  for (let i = 1; i < 256; i++) {
    limits[i] = i > 1 ? (edges[i - 1] / edges[i]) * 2 ** 23 : 0;
    widths[i] = edges[i] / 2 ** 23;
    heights[i] = density(edges[i]);
  }
  return { limits, widths, heights };
}

/** Gives a function that draws the next 32 bits, as NumPy's PCG64 does: the low half comes first. */
function randomBits(seed) {
  const [a, b, c, d] = seedWords(seed);
  const increment = ((((c << 64n) | d) << 1n) | 1n) & MASK_128;
  let state = (((increment + ((a << 64n) | b)) & MASK_128) * MULTIPLIER + increment) & MASK_128;
  let spare = null;
  return () => {
    if (spare !== null) {
      const bits = spare;
      spare = null;
      return bits;
    }
    state = (state * MULTIPLIER + increment) & MASK_128;
    const folded = (state >> 64n) ^ (state & MASK_64);
    const turn = state >> 122n;
    const turned = ((folded >> turn) | (folded << (64n - turn))) & MASK_64;
    spare = Number(turned >> 32n);
    return Number(turned & 0xffffffffn);
  };
}

/** Four words of 64 bits that NumPy's SeedSequence makes of a seed. */
function seedWords(seed) {
  let constant = 0x43b0d7e5;
  const hash = (value) => {
    value ^= constant;
    constant = Math.imul(constant, 0x931e8875);
    value = Math.imul(value, constant);
    return value ^ (value >>> 16);
  };
  const mix = (x, y) => {
    const value = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y);
    return value ^ (value >>> 16);
  };
  const pool = [seed, 0, 0, 0].map(hash);
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
  }
  constant = 0x8b51f9dd;
  const words = Array.from({ length: 8 }, (_, i) => {
    let value = pool[i % 4] ^ constant;
    constant = Math.imul(constant, 0x58f38ded);
    value = Math.imul(value, constant);
    return BigInt((value ^ (value >>> 16)) >>> 0);
  });
  return [0, 2, 4, 6].map((i) => words[i] | (words[i + 1] << 32n));
}

/** Gives a function that draws numbers in [0, 1), for training: "mulberry32", which is quick and short. */
export function randomNumbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
