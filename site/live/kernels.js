// The kernels over a memory of their own: kernels.wasm, or the same functions in JavaScript.
//
// Arrays are Float32Array views that `room(length)` gives. A matrix (m×n) lies in one row by row,
// maps (count, size, size, channels) with the channels innermost, as in Keras.

let compiled;

/** Gives kernels with `bytes` of memory. Where the browser lacks WebAssembly or its SIMD, plain ones. */
export async function loadKernels(bytes) {
  compiled ??= compile();
  const module = await compiled;
  return module ? compiledKernels(module, bytes) : plainKernels(bytes);
}

async function compile() {
  try {
    const file = await fetch(new URL("kernels.wasm", import.meta.url));
    return await WebAssembly.compile(await file.arrayBuffer());
  } catch {
    return null;
  }
}

function compiledKernels(module, bytes) {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = { compiled: true, room: rooms(memory.buffer) };
  for (const [name, call] of Object.entries(exports)) {
    kernels[name] = (...values) => call(...values.map((value) => value.byteOffset ?? value));
  }
  return kernels;
}

function plainKernels(bytes) {
  return { compiled: false, room: rooms(new ArrayBuffer(bytes)), ...plain };
}

function rooms(buffer) {
  let top = 1024;
  return (length) => {
    const view = new Float32Array(buffer, top, length);
    top += (4 * length + 15) & ~15; // a multiple of 16 bytes
    return view;
  };
}

const plain = {
  product(a, b, c, m, k, n) {
    for (let i = 0; i < m; i++) {
      const row = c.subarray(i * n, i * n + n).fill(0);
      for (let p = 0; p < k; p++) {
        const v = a[i * k + p];
        if (v === 0) continue; // half of what a ReLU gives
        for (let j = 0, at = p * n; j < n; j++, at++) row[j] += v * b[at];
      }
    }
  },

  productOfTransposed(a, b, c, m, k, n) {
    c.fill(0, 0, k * n);
    for (let i = 0; i < m; i++) {
      for (let p = 0; p < k; p++) {
        const v = a[i * k + p];
        if (v === 0) continue;
        for (let j = 0, at = p * n; j < n; j++, at++) c[at] += v * b[i * n + j];
      }
    }
  },

  transpose(a, b, m, n) {
    for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) b[j * m + i] = a[i * n + j];
  },

  patches(x, rows, count, size, channels, kernel, stride, before, places) {
    rows.fill(0, 0, count * places ** 2 * kernel ** 2 * channels);
    eachTap(count, size, channels, kernel, stride, before, places, (at, row) => {
      for (let c = 0; c < channels; c++) rows[row + c] = x[at + c];
    });
  },

  scatter(rows, x, count, size, channels, kernel, stride, before, places) {
    x.fill(0, 0, count * size * size * channels);
    eachTap(count, size, channels, kernel, stride, before, places, (at, row) => {
      for (let c = 0; c < channels; c++) x[at + c] += rows[row + c];
    });
  },

  activate(x, bias, m, n, slope) {
    for (let i = 0, at = 0; i < m; i++) {
      for (let j = 0; j < n; j++, at++) {
        const v = x[at] + bias[j];
        x[at] = v > 0 ? v : slope * v;
      }
    }
  },

  activateBack(d, y, length, slope) {
    for (let i = 0; i < length; i++) if (y[i] <= 0) d[i] *= slope;
  },

  columnSums(x, sums, m, n) {
    sums.fill(0, 0, n);
    for (let i = 0, at = 0; i < m; i++) for (let j = 0; j < n; j++, at++) sums[j] += x[at];
  },

  normalize(x, normalized, y, gamma, beta, statistics, m, n, epsilon) {
    for (let j = 0; j < n; j++) {
      let sum = 0, squares = 0;
      for (let i = j; i < m * n; i += n) {
        sum += x[i];
        squares += x[i] ** 2;
      }
      const mean = sum / m, variance = squares / m - mean ** 2;
      const factor = 1 / Math.sqrt(variance + epsilon);
      statistics.set([mean], j);
      statistics.set([variance], n + j);
      statistics.set([factor], 2 * n + j);
      for (let i = j; i < m * n; i += n) {
        normalized[i] = (x[i] - mean) * factor;
        y[i] = Math.max(0, normalized[i] * gamma[j] + beta[j]);
      }
    }
  },

  normalizeBack(d, normalized, y, gamma, statistics, dGamma, dBeta, m, n) {
    for (let j = 0; j < n; j++) {
      dGamma[j] = dBeta[j] = 0;
      for (let i = j; i < m * n; i += n) {
        if (y[i] <= 0) d[i] = 0;
        dBeta[j] += d[i];
        dGamma[j] += d[i] * normalized[i];
      }
      const factor = gamma[j] * statistics[2 * n + j];
      for (let i = j; i < m * n; i += n) {
        d[i] = factor * (d[i] - (dBeta[j] + normalized[i] * dGamma[j]) / m);
      }
    }
  },

  adam(w, g, v, length, beta, rate, epsilon) {
    for (let i = 0; i < length; i++) {
      v[i] = beta * v[i] + (1 - beta) * g[i] ** 2;
      w[i] -= (rate * g[i]) / (Math.sqrt(v[i]) + epsilon);
    }
  },

  blend(a, w, length, decay) {
    for (let i = 0; i < length; i++) a[i] = decay * a[i] + (1 - decay) * w[i];
  },
};

function eachTap(count, size, channels, kernel, stride, before, places, visit) {
  let row = 0;
  for (let i = 0; i < count; i++) {
    for (let top = -before; top < stride * places - before; top += stride) {
      for (let left = -before; left < stride * places - before; left += stride) {
        for (let y = top; y < top + kernel; y++) {
          for (let x = left; x < left + kernel; x++, row += channels) {
            if (y < 0 || y >= size || x < 0 || x >= size) continue;
            visit(((i * size + y) * size + x) * channels, row);
          }
        }
      }
    }
  }
}
