// What takes the time of a network, in WebAssembly with 128-bit SIMD (AssemblyScript).
//
// Matrices are float32, row by row; places are offsets in bytes. kernels.js calls these, and has the
// same functions in JavaScript for browsers that cannot run this file. `make kernels` compiles it.

const ROWS = 96; // rows that are multiplied with all columns before the next: they stay in the cache

// C (m×n) = A (m×k) · B (k×n)
export function product(a: usize, b: usize, c: usize, m: i32, k: i32, n: i32): void {
  const rowA = <usize>k << 2, rowB = <usize>n << 2;
  for (let first = 0; first < m; first += ROWS) {
    const last = min(first + ROWS, m);
    let j = 0;
    for (; j + 8 <= n; j += 8) {
      let i = first;
      for (; i + 4 <= last; i += 4) fourByEight(a + i * rowA, b + (j << 2), c + i * rowB + (j << 2), rowA, rowB);
      for (; i < last; i++) oneByEight(a + i * rowA, b + (j << 2), c + i * rowB + (j << 2), rowA, rowB);
    }
    for (; j + 4 <= n; j += 4)
      for (let i = first; i < last; i++) oneByFour(a + i * rowA, b + (j << 2), c + i * rowB + (j << 2), rowA, rowB);
    for (; j < n; j++)
      for (let i = first; i < last; i++) oneByOne(a + i * rowA, b + (j << 2), c + i * rowB + (j << 2), rowA, rowB);
  }
}

// A block of C: four rows, eight columns, in eight registers
// @ts-ignore: decorator
@inline
function fourByEight(p0: usize, b: usize, c: usize, rowA: usize, rowB: usize): void {
  let p1 = p0 + rowA, p2 = p1 + rowA, p3 = p2 + rowA;
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  for (const end = p1; p0 < end; b += rowB) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(p0);
    s00 = f32x4.add(s00, f32x4.mul(x, b0));
    s01 = f32x4.add(s01, f32x4.mul(x, b1));
    x = v128.load32_splat(p1);
    s10 = f32x4.add(s10, f32x4.mul(x, b0));
    s11 = f32x4.add(s11, f32x4.mul(x, b1));
    x = v128.load32_splat(p2);
    s20 = f32x4.add(s20, f32x4.mul(x, b0));
    s21 = f32x4.add(s21, f32x4.mul(x, b1));
    x = v128.load32_splat(p3);
    s30 = f32x4.add(s30, f32x4.mul(x, b0));
    s31 = f32x4.add(s31, f32x4.mul(x, b1));
    p0 += 4; p1 += 4; p2 += 4; p3 += 4;
  }
  v128.store(c, s00); v128.store(c, s01, 16);
  c += rowB;
  v128.store(c, s10); v128.store(c, s11, 16);
  c += rowB;
  v128.store(c, s20); v128.store(c, s21, 16);
  c += rowB;
  v128.store(c, s30); v128.store(c, s31, 16);
}

// @ts-ignore: decorator
@inline
function oneByEight(p: usize, b: usize, c: usize, rowA: usize, rowB: usize): void {
  let s0 = f32x4.splat(0), s1 = s0;
  for (const end = p + rowA; p < end; p += 4, b += rowB) {
    const x = v128.load32_splat(p);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(b, 16)));
  }
  v128.store(c, s0); v128.store(c, s1, 16);
}

// @ts-ignore: decorator
@inline
function oneByFour(p: usize, b: usize, c: usize, rowA: usize, rowB: usize): void {
  let s = f32x4.splat(0);
  for (const end = p + rowA; p < end; p += 4, b += rowB) s = f32x4.add(s, f32x4.mul(v128.load32_splat(p), v128.load(b)));
  v128.store(c, s);
}

// @ts-ignore: decorator
@inline
function oneByOne(p: usize, b: usize, c: usize, rowA: usize, rowB: usize): void {
  const end = p + rowA;
  let s: f32 = 0;
  if (rowB == 4) { // a single column lies in one piece
    let s4 = f32x4.splat(0);
    for (; p + 16 <= end; p += 16, b += 16) s4 = f32x4.add(s4, f32x4.mul(v128.load(p), v128.load(b)));
    s = f32x4.extract_lane(s4, 0) + f32x4.extract_lane(s4, 1) + f32x4.extract_lane(s4, 2) + f32x4.extract_lane(s4, 3);
  }
  for (; p < end; p += 4, b += rowB) s += f32.load(p) * f32.load(b);
  f32.store(c, s);
}

// C (k×n) = Aᵀ · B, of A (m×k) and B (m×n); k is a multiple of 4
export function productOfTransposed(a: usize, b: usize, c: usize, m: i32, k: i32, n: i32): void {
  const rowA = <usize>k << 2, rowB = <usize>n << 2;
  memory.fill(c, 0, k * rowB);
  for (let first = 0; first < m; first += ROWS) {
    const rows = min(ROWS, m - first), a0 = a + first * rowA, b0 = b + first * rowB;
    for (let i = 0; i < k; i += 4) {
      let j = 0;
      for (; j + 8 <= n; j += 8) addFourByEight(a0 + (i << 2), b0 + (j << 2), c + i * rowB + (j << 2), rowA, rowB, rows);
      for (; j < n; j++) addFourByOne(a0 + (i << 2), b0 + (j << 2), c + i * rowB + (j << 2), rowA, rowB, rows);
    }
  }
}

// @ts-ignore: decorator
@inline
function addFourByEight(a: usize, b: usize, c0: usize, rowA: usize, rowB: usize, rows: i32): void {
  const c1 = c0 + rowB, c2 = c1 + rowB, c3 = c2 + rowB;
  let s00 = v128.load(c0), s01 = v128.load(c0, 16), s10 = v128.load(c1), s11 = v128.load(c1, 16);
  let s20 = v128.load(c2), s21 = v128.load(c2, 16), s30 = v128.load(c3), s31 = v128.load(c3, 16);
  for (let r = 0; r < rows; r++, a += rowA, b += rowB) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = f32x4.add(s00, f32x4.mul(x, b0));
    s01 = f32x4.add(s01, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 4);
    s10 = f32x4.add(s10, f32x4.mul(x, b0));
    s11 = f32x4.add(s11, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 8);
    s20 = f32x4.add(s20, f32x4.mul(x, b0));
    s21 = f32x4.add(s21, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 12);
    s30 = f32x4.add(s30, f32x4.mul(x, b0));
    s31 = f32x4.add(s31, f32x4.mul(x, b1));
  }
  v128.store(c0, s00); v128.store(c0, s01, 16);
  v128.store(c1, s10); v128.store(c1, s11, 16);
  v128.store(c2, s20); v128.store(c2, s21, 16);
  v128.store(c3, s30); v128.store(c3, s31, 16);
}

// @ts-ignore: decorator
@inline
function addFourByOne(a: usize, b: usize, c: usize, rowA: usize, rowB: usize, rows: i32): void {
  let s = f32x4.splat(0);
  for (let r = 0; r < rows; r++, a += rowA, b += rowB) s = f32x4.add(s, f32x4.mul(v128.load(a), v128.load32_splat(b)));
  f32.store(c, f32.load(c) + f32x4.extract_lane(s, 0));
  f32.store(c + rowB, f32.load(c + rowB) + f32x4.extract_lane(s, 1));
  f32.store(c + 2 * rowB, f32.load(c + 2 * rowB) + f32x4.extract_lane(s, 2));
  f32.store(c + 3 * rowB, f32.load(c + 3 * rowB) + f32x4.extract_lane(s, 3));
}

// B (n×m) = Aᵀ
export function transpose(a: usize, b: usize, m: i32, n: i32): void {
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) f32.store(b + ((j * m + i) << 2), f32.load(a + ((i * n + j) << 2)));
}

// Maps (count, size, size, channels) to rows (count·places·places) of kernel·kernel·channels numbers:
// what a convolution sees at each of its places, zeros beyond the border
export function patches(
  x: usize, rows: usize, count: i32, size: i32, channels: i32, kernel: i32, stride: i32, before: i32, places: i32,
): void {
  const pixel = <usize>channels << 2;
  for (let i = 0; i < count; i++)
    for (let row = 0; row < places; row++)
      for (let column = 0; column < places; column++)
        for (let dy = 0; dy < kernel; dy++)
          for (let dx = 0; dx < kernel; dx++, rows += pixel) {
            const y = row * stride + dy - before, z = column * stride + dx - before;
            if (y < 0 || y >= size || z < 0 || z >= size) memory.fill(rows, 0, pixel);
            else copy(x + ((i * size + y) * size + z) * pixel, rows, pixel);
          }
}

// The transpose of `patches`: adds each number of the rows to the place it stands for
export function scatter(
  rows: usize, x: usize, count: i32, size: i32, channels: i32, kernel: i32, stride: i32, before: i32, places: i32,
): void {
  const pixel = <usize>channels << 2;
  memory.fill(x, 0, count * size * size * pixel);
  for (let i = 0; i < count; i++)
    for (let row = 0; row < places; row++)
      for (let column = 0; column < places; column++)
        for (let dy = 0; dy < kernel; dy++)
          for (let dx = 0; dx < kernel; dx++, rows += pixel) {
            const y = row * stride + dy - before, z = column * stride + dx - before;
            if (y >= 0 && y < size && z >= 0 && z < size) add(rows, x + ((i * size + y) * size + z) * pixel, pixel);
          }
}

// @ts-ignore: decorator
@inline
function copy(from: usize, to: usize, bytes: usize): void {
  const end = from + bytes;
  for (; from + 16 <= end; from += 16, to += 16) v128.store(to, v128.load(from));
  for (; from < end; from += 4, to += 4) f32.store(to, f32.load(from));
}

// @ts-ignore: decorator
@inline
function add(from: usize, to: usize, bytes: usize): void {
  const end = from + bytes;
  for (; from + 16 <= end; from += 16, to += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  for (; from < end; from += 4, to += 4) f32.store(to, f32.load(to) + f32.load(from));
}

// X (m×n) = leaky(X + bias), where leaky(v) is v above 0 and slope · v below: 0 for ReLU, 1 for nothing
export function activate(x: usize, bias: usize, m: i32, n: i32, slope: f32): void {
  const slopes = f32x4.splat(slope), zero = f32x4.splat(0);
  for (let i = 0; i < m; i++) {
    let j = 0;
    for (; j + 4 <= n; j += 4, x += 16) {
      const v = f32x4.add(v128.load(x), v128.load(bias + (j << 2)));
      v128.store(x, f32x4.add(f32x4.max(v, zero), f32x4.mul(slopes, f32x4.min(v, zero))));
    }
    for (; j < n; j++, x += 4) {
      const v = f32.load(x) + f32.load(bias + (j << 2));
      f32.store(x, v > 0 ? v : slope * v);
    }
  }
}

// D (length) = D · leaky'(…), of what leaky gave, Y; length is a multiple of 4
export function activateBack(d: usize, y: usize, length: i32, slope: f32): void {
  const one = f32x4.splat(1), slopes = f32x4.splat(slope), zero = f32x4.splat(0);
  for (const end = d + (<usize>length << 2); d < end; d += 16, y += 16)
    v128.store(d, f32x4.mul(v128.load(d), v128.bitselect(one, slopes, f32x4.gt(v128.load(y), zero))));
}

// sums (n) = those of the columns of X (m×n)
export function columnSums(x: usize, sums: usize, m: i32, n: i32): void {
  const row = <usize>n << 2;
  memory.fill(sums, 0, row);
  for (let i = 0; i < m; i++, x += row) add(x, sums, row);
}

// Batch normalization of X (m×n), n a multiple of 4, then ReLU. Keeps what is normalized, and the
// statistics: n means, n variances, n times 1/√(variance + ε).
export function normalize(
  x: usize, normalized: usize, y: usize, gamma: usize, beta: usize, statistics: usize, m: i32, n: i32, epsilon: f32,
): void {
  const row = <usize>n << 2;
  for (let j: usize = 0; j < row; j += 4) {
    let sum: f64 = 0, squares: f64 = 0;
    for (let i = 0; i < m; i++) {
      const v = <f64>f32.load(x + i * row + j);
      sum += v;
      squares += v * v;
    }
    const mean = sum / m, variance = squares / m - mean * mean;
    f32.store(statistics + j, <f32>mean);
    f32.store(statistics + row + j, <f32>variance);
    f32.store(statistics + 2 * row + j, <f32>(1 / Math.sqrt(variance + epsilon)));
  }
  for (let i = 0; i < m; i++)
    for (let j: usize = 0; j < row; j += 16, x += 16, normalized += 16, y += 16) {
      const centered = f32x4.sub(v128.load(x), v128.load(statistics + j));
      const v = f32x4.mul(centered, v128.load(statistics + 2 * row + j));
      v128.store(normalized, v);
      const scaled = f32x4.add(f32x4.mul(v, v128.load(gamma + j)), v128.load(beta + j));
      v128.store(y, f32x4.max(scaled, f32x4.splat(0)));
    }
}

// D, a gradient by Y of `normalize`, becomes one by X; also those by gamma and beta
export function normalizeBack(
  d: usize, normalized: usize, y: usize, gamma: usize, statistics: usize, dGamma: usize, dBeta: usize, m: i32, n: i32,
): void {
  const row = <usize>n << 2, zero = f32x4.splat(0), share = f32x4.splat(1 / <f32>m);
  memory.fill(dGamma, 0, row);
  memory.fill(dBeta, 0, row);
  let at: usize = 0;
  for (let i = 0; i < m; i++)
    for (let j: usize = 0; j < row; j += 16, at += 16) {
      const g = v128.and(v128.load(d + at), f32x4.gt(v128.load(y + at), zero));
      v128.store(d + at, g);
      v128.store(dBeta + j, f32x4.add(v128.load(dBeta + j), g));
      v128.store(dGamma + j, f32x4.add(v128.load(dGamma + j), f32x4.mul(g, v128.load(normalized + at))));
    }
  at = 0;
  for (let i = 0; i < m; i++)
    for (let j: usize = 0; j < row; j += 16, at += 16) {
      const common = f32x4.add(v128.load(dBeta + j), f32x4.mul(v128.load(normalized + at), v128.load(dGamma + j)));
      const own = f32x4.sub(v128.load(d + at), f32x4.mul(share, common));
      v128.store(d + at, f32x4.mul(f32x4.mul(v128.load(gamma + j), v128.load(statistics + 2 * row + j)), own));
    }
}

// Adam without momentum: V = β V + (1 − β) G², W = W − rate · G / (√V + ε)
export function adam(w: usize, g: usize, v: usize, length: i32, beta: f32, rate: f32, epsilon: f32): void {
  const end = g + (<usize>length << 2);
  for (; g < end; g += 4, w += 4, v += 4) {
    const gradient = f32.load(g), squares = beta * f32.load(v) + (1 - beta) * gradient * gradient;
    f32.store(v, squares);
    f32.store(w, f32.load(w) - rate * gradient / (Mathf.sqrt(squares) + epsilon));
  }
}

// A = decay · A + (1 − decay) · W
export function blend(a: usize, w: usize, length: i32, decay: f32): void {
  for (const end = a + (<usize>length << 2); a < end; a += 4, w += 4)
    f32.store(a, decay * f32.load(a) + (1 - decay) * f32.load(w));
}
