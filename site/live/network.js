// Trained networks, of any layers that the series has, on the kernels.
//
// A network is a list of layers, each with `kind`, shapes `in` and `out` ([size, size, channels] or
// [numbers]) and what else it needs, and the arrays `0.kernel`, `0.bias`, `2.kernel` and so on. Batch
// normalization is folded into them.

import { fetchArrays, readArrays } from "./files.js";
import { loadKernels } from "./kernels.js";

const MEGABYTE = 2 ** 20;
const SLOPES = { none: 1, relu: 0, leaky: 0.2, sigmoid: 1 };
const KINDS = { dense, convolution, up, pool, mean, shuffle };

export const sigmoid = (x) => 1 / (1 + Math.exp(-x));
export const size = (shape) => shape.reduce((a, b) => a * b, 1);

/** The zeros before an image's first row, where a "same" convolution makes `large` into `small`. */
export function padding(large, small, kernel, stride) {
  return Math.max((small - 1) * stride + kernel - large, 0) >> 1;
}

export class Network {
  /** layers and arrays: see above. count: the most inputs that are ever given at once. */
  constructor(kernels, layers, arrays, count) {
    this.inputs = kernels.room(count * size(layers[0].in));
    this.rooms = {};
    this.steps = layers.map((layer, i) => {
      const put = (name) => {
        const key = `${i}.${name}`;
        return (this.rooms[key] = kernels.room(arrays[key].length));
      };
      return KINDS[layer.kind](kernels, layer, put, count);
    });
    this.shape = layers.at(-1).out;
    this.outputs = size(this.shape);
    this.put(arrays);
  }

  /** Takes over other arrays of the same layers. */
  put(arrays) {
    for (const [key, room] of Object.entries(this.rooms)) room.set(arrays[key]);
  }

  /** Gives outputs for the first `count` rows of `inputs`: a view that the next call overwrites. */
  forward(count) {
    let x = this.inputs;
    for (const step of this.steps) x = step(x, count);
    return x.subarray(0, count * this.outputs);
  }
}

/** Gives a network of a file beside this script, and the file's other arrays. */
export async function fetchNetwork(name, count) {
  return networkOf(await fetchArrays(name), count, name);
}

/** Gives a network of a file's bytes. Throws an error with one sentence if it is none. */
export async function readNetwork(buffer, count, name) {
  return networkOf(readArrays(buffer, name), count, name);
}

async function networkOf({ metadata, arrays }, count, name) {
  const layers = checkedLayers(metadata, arrays, name);
  const kernels = await loadKernels(MEGABYTE * (8 + 6 * count));
  return { network: new Network(kernels, layers, arrays, count), arrays, metadata };
}

/** Gives the layers that the metadata describe, once all their arrays are there and whole. */
function checkedLayers(metadata, arrays, name) {
  let layers;
  try {
    layers = JSON.parse(metadata.layers);
    for (const [i, layer] of layers.entries()) {
      for (const [key, length] of Object.entries(lengths(layer))) {
        if (arrays[`${i}.${key}`].length !== length) throw new Error();
      }
      if (i && size(layer.in) !== size(layers[i - 1].out)) throw new Error();
    }
  } catch {
    throw new Error(`${name} holds no network that this page can run`);
  }
  if (!Object.values(arrays).every((array) => array.every(Number.isFinite))) {
    throw new Error(`${name} holds numbers that are none`);
  }
  return layers;
}

function lengths(layer) {
  const rows = layer.in.at(-1), columns = layer.out.at(-1);
  const taps = (layer.kernel ?? 1) ** 2;
  const own = { dense: size(layer.in) * size(layer.out), convolution: taps * rows * columns, up: taps * rows * columns };
  if (!(layer.kind in KINDS)) throw new Error();
  if (!(layer.kind in own)) return {};
  if (!(layer.activation in SLOPES)) throw new Error();
  return { kernel: own[layer.kind], bias: layer.kind === "dense" ? size(layer.out) : columns };
}

// Each gives a function from inputs and their count to outputs.

function dense(kernels, { in: from, out: to, activation }, put, count) {
  const [kernel, bias, y] = [put("kernel"), put("bias"), kernels.room(count * size(to))];
  return (x, n) => {
    kernels.product(x, kernel, y, n, size(from), size(to));
    return activate(kernels, y, bias, n, size(to), activation);
  };
}

function convolution(kernels, { in: [large, , c], out: [small, , d], kernel: k, stride, activation }, put, count) {
  const [kernel, bias] = [put("kernel"), put("bias")];
  const rows = kernels.room(count * small * small * k * k * c);
  const y = kernels.room(count * small * small * d);
  const before = padding(large, small, k, stride);
  return (x, n) => {
    kernels.patches(x, rows, n, large, c, k, stride, before, small);
    kernels.product(rows, kernel, y, n * small * small, k * k * c, d);
    return activate(kernels, y, bias, n * small * small, d, activation);
  };
}

/** A transposed convolution; its kernel is a matrix (channels in) × (places and channels out). */
function up(kernels, { in: [small, , c], out: [large, , d], kernel: k, stride, activation }, put, count) {
  const [kernel, bias] = [put("kernel"), put("bias")];
  const rows = kernels.room(count * small * small * k * k * d);
  const y = kernels.room(count * large * large * d);
  const before = padding(large, small, k, stride);
  return (x, n) => {
    kernels.product(x, kernel, rows, n * small * small, c, k * k * d);
    kernels.scatter(rows, y, n, large, d, k, stride, before, small);
    return activate(kernels, y, bias, n * large * large, d, activation);
  };
}

function activate(kernels, y, bias, m, n, activation) {
  kernels.activate(y, bias, m, n, SLOPES[activation]);
  if (activation === "sigmoid") for (let i = 0; i < m * n; i++) y[i] = sigmoid(y[i]);
  return y;
}

/** The largest of each 2×2 places. */
function pool(kernels, { in: [large, , c], out: [small] }, put, count) {
  const y = kernels.room(count * small * small * c);
  const row = large * c;
  return (x, n) => {
    let at = 0;
    for (let i = 0; i < n * small; i++) {
      const top = (Math.floor(i / small) * large + 2 * (i % small)) * row;
      for (let column = 0; column < small; column++) {
        for (let j = 0; j < c; j++) {
          const p = top + 2 * column * c + j;
          y[at++] = Math.max(x[p], x[p + c], x[p + row], x[p + row + c]);
        }
      }
    }
    return y;
  };
}

/** The mean of each channel. */
function mean(kernels, { in: [side, , c] }, put, count) {
  const y = kernels.room(count * c);
  return (x, n) => {
    for (let i = 0; i < n; i++) {
      const sums = y.subarray(i * c, i * c + c).fill(0);
      for (let place = 0; place < side * side; place++) {
        for (let j = 0; j < c; j++) sums[j] += x[(i * side * side + place) * c + j] / (side * side);
      }
    }
    return y;
  };
}

/** Depth to space: four maps become one of twice the size. */
function shuffle(kernels, { in: [small], out: [large, , c] }, put, count) {
  const y = kernels.room(count * large * large * c);
  return (x, n) => {
    depthToSpace(x, y, n, small, c);
    return y;
  };
}

/** Moves numbers from 4·c maps (count, small, small) to c maps of twice the size, or back. */
export function depthToSpace(x, y, count, small, c, back = false) {
  let deep = 0;
  for (let row = 0; row < count * small; row++) {
    for (let column = 0; column < small; column++) {
      for (let part = 0; part < 4; part++) {
        const wide = ((2 * row + (part >> 1)) * 2 * small + 2 * column + (part & 1)) * c;
        for (let j = 0; j < c; j++, deep++) {
          if (back) y[deep] = x[wide + j];
          else y[wide + j] = x[deep];
        }
      }
    }
  }
}
