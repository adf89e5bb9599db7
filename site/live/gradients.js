// Layers that learn: forward keeps what backward needs. Kernels do the work.

import { padding } from "./network.js";

/** Numbers that are learned, their gradient, and Adam's memory of its squares. */
export class Parameter {
  constructor(kernels, length) {
    this.value = kernels.room(length);
    this.gradient = kernels.room(length);
    this.squares = kernels.room(length);
  }

  /** First values from the uniform distribution of Glorot and Bengio (2010), Keras's default. */
  glorot(inputs, outputs, random) {
    const limit = Math.sqrt(6 / (inputs + outputs));
    for (let i = 0; i < this.value.length; i++) this.value[i] = (2 * random() - 1) * limit;
  }
}

/** Y = X · kernel, for at most `rows` rows. */
export class Product {
  constructor(kernels, rows, inputs, outputs) {
    Object.assign(this, { kernels, inputs, outputs });
    this.kernel = new Parameter(kernels, inputs * outputs);
    this.transposed = kernels.room(inputs * outputs);
    this.y = kernels.room(rows * outputs);
  }

  forward(x, rows) {
    this.x = x;
    this.kernels.product(x, this.kernel.value, this.y, rows, this.inputs, this.outputs);
    return this.y;
  }

  learn(d, rows) {
    this.kernels.productOfTransposed(this.x, d, this.kernel.gradient, rows, this.inputs, this.outputs);
  }

  /** Writes the gradient by X into `dx`, which may be X itself once nothing is learned from it any more. */
  backward(d, rows, dx) {
    const { kernels, kernel, transposed, inputs, outputs } = this;
    kernels.transpose(kernel.value, transposed, inputs, outputs);
    kernels.product(d, transposed, dx, rows, outputs, inputs);
    return dx;
  }
}

/** A "same" convolution with a bias, then leaky ReLU of this slope: 1 for none. */
export class Convolution {
  constructor(kernels, count, { large, small, inputs, outputs, kernel, stride, slope }) {
    Object.assign(this, { kernels, large, small, inputs, outputs, kernelSize: kernel, stride, slope });
    this.before = padding(large, small, kernel, stride);
    this.patches = kernels.room(count * small * small * kernel * kernel * inputs);
    this.product = new Product(kernels, count * small * small, kernel * kernel * inputs, outputs);
    this.bias = new Parameter(kernels, outputs);
    this.dx = kernels.room(count * large * large * inputs);
  }

  get shape() {
    return [this.large, this.inputs, this.kernelSize, this.stride, this.before, this.small];
  }

  forward(x, count) {
    const rows = count * this.small ** 2;
    this.kernels.patches(x, this.patches, count, ...this.shape);
    this.y = this.product.forward(this.patches, rows);
    this.kernels.activate(this.y, this.bias.value, rows, this.outputs, this.slope);
    return this.y;
  }

  /** From the gradient by Y to that by X; learns from it, too, if asked, and can stop there. */
  backward(d, count, { learn, pass = true }) {
    const rows = count * this.small ** 2;
    if (this.slope !== 1) this.kernels.activateBack(d, this.y, rows * this.outputs, this.slope);
    if (learn) {
      this.product.learn(d, rows);
      this.kernels.columnSums(d, this.bias.gradient, rows, this.outputs);
    }
    if (!pass) return null;
    this.product.backward(d, rows, this.patches);
    this.kernels.scatter(this.patches, this.dx, count, ...this.shape);
    return this.dx;
  }

  parameters() {
    return [this.product.kernel, this.bias];
  }
}

/** A transposed "same" convolution without a bias. */
export class UpConvolution {
  constructor(kernels, count, { small, large, inputs, outputs, kernel, stride }) {
    Object.assign(this, { kernels, small, inputs });
    this.shape = [large, outputs, kernel, stride, padding(large, small, kernel, stride), small];
    this.product = new Product(kernels, count * small * small, inputs, kernel * kernel * outputs);
    this.y = kernels.room(count * large * large * outputs);
    this.dx = kernels.room(count * small * small * inputs);
  }

  forward(x, count) {
    const rows = this.product.forward(x, count * this.small ** 2);
    this.kernels.scatter(rows, this.y, count, ...this.shape);
    return this.y;
  }

  backward(d, count) {
    const rows = count * this.small ** 2;
    const patches = this.product.y; // free by now
    this.kernels.patches(d, patches, count, ...this.shape);
    this.product.learn(patches, rows);
    return this.product.backward(patches, rows, this.dx);
  }

  parameters() {
    return [this.product.kernel];
  }
}

/** Batch normalization of each channel, then ReLU. */
export class Normalization {
  static EPSILON = 1e-3;
  static MOMENTUM = 0.99;

  constructor(kernels, rows, channels) {
    Object.assign(this, { kernels, channels });
    this.gamma = new Parameter(kernels, channels);
    this.beta = new Parameter(kernels, channels);
    this.gamma.value.fill(1);
    this.statistics = kernels.room(3 * channels);
    this.normalized = kernels.room(rows * channels);
    this.y = kernels.room(rows * channels);
    // What drawing uses in place of a batch's statistics: averages over the training
    this.mean = kernels.room(channels);
    this.variance = kernels.room(channels).fill(1);
  }

  forward(x, rows) {
    const { kernels, normalized, y, gamma, beta, statistics, channels, mean, variance } = this;
    kernels.normalize(x, normalized, y, gamma.value, beta.value, statistics, rows, channels, Normalization.EPSILON);
    kernels.blend(mean, statistics, channels, Normalization.MOMENTUM);
    kernels.blend(variance, statistics.subarray(channels), channels, Normalization.MOMENTUM);
    return y;
  }

  /** The gradient by Y becomes that by X, in place. */
  backward(d, rows) {
    const { kernels, normalized, y, gamma, beta, statistics, channels } = this;
    kernels.normalizeBack(d, normalized, y, gamma.value, statistics, gamma.gradient, beta.gradient, rows, channels);
    return d;
  }

  parameters() {
    return [this.gamma, this.beta];
  }
}
