// The quick recipe of cgan_utils/recipes.py, step by step: the same networks, losses and optimizers.

import { Convolution, Normalization, Parameter, Product, UpConvolution } from "./gradients.js";
import { depthToSpace, sigmoid } from "./network.js";

export const BATCH = 32;
export const LATENTS = 64;
export const CLASSES = 10;
export const PIXELS = 28 * 28;
const EMBEDDING = 32;
const FEATURES = 4 * 4 * 128;
const LEARNING_RATE = 3e-3;
const BETA = 0.95; // of Adam's memory of squares; it has no momentum
const EPSILON = 1e-7;
const MISMATCHED_WEIGHT = 0.5;
const EMA_DECAY = 0.99;
export const MEMORY = 220 * 2 ** 20; // bytes that the kernels need for all of this

const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** G: a table of labels, a dense layer, a transposed convolution, four maps that become one image. */
class Generator {
  constructor(kernels, random) {
    this.kernels = kernels;
    this.embedding = new Parameter(kernels, CLASSES * EMBEDDING);
    this.inputs = kernels.room(BATCH * (LATENTS + EMBEDDING));
    this.dense = new Product(kernels, BATCH, LATENTS + EMBEDDING, 7 * 7 * 64);
    this.norm1 = new Normalization(kernels, BATCH * 49, 64);
    this.up = new UpConvolution(kernels, BATCH, { small: 7, large: 14, inputs: 64, outputs: 64, kernel: 4, stride: 2 });
    this.norm2 = new Normalization(kernels, BATCH * 196, 64);
    const maps = { large: 14, small: 14, inputs: 64, outputs: 4, kernel: 3, stride: 1, slope: 1 };
    this.fourMaps = new Convolution(kernels, BATCH, maps);
    this.images = kernels.room(BATCH * PIXELS);
    this.dMaps = kernels.room(BATCH * PIXELS);
    this.dInputs = kernels.room(BATCH * (LATENTS + EMBEDDING));
    this.embedding.glorot(CLASSES, EMBEDDING, random);
    this.dense.kernel.glorot(LATENTS + EMBEDDING, 7 * 7 * 64, random);
    this.up.product.kernel.glorot(16 * 64, 16 * 64, random);
    this.fourMaps.product.kernel.glorot(9 * 64, 9 * 4, random);
  }

  forward(labels, latents) {
    const width = LATENTS + EMBEDDING;
    labels.forEach((label, i) => {
      this.inputs.set(latents.subarray(i * LATENTS, (i + 1) * LATENTS), i * width);
      this.inputs.set(this.embedding.value.subarray(label * EMBEDDING, (label + 1) * EMBEDDING), i * width + LATENTS);
    });
    let x = this.dense.forward(this.inputs, BATCH);
    x = this.norm1.forward(x, BATCH * 49);
    x = this.up.forward(x, BATCH);
    x = this.norm2.forward(x, BATCH * 196);
    this.maps = this.fourMaps.forward(x, BATCH);
    for (let i = 0; i < this.maps.length; i++) this.maps[i] = sigmoid(this.maps[i]);
    depthToSpace(this.maps, this.images, BATCH, 14, 1);
    return this.images;
  }

  /** Learns from the gradient by the images. */
  backward(dImages, labels) {
    depthToSpace(dImages, this.dMaps, BATCH, 14, 1, true);
    for (let i = 0; i < this.dMaps.length; i++) this.dMaps[i] *= this.maps[i] * (1 - this.maps[i]);
    let d = this.fourMaps.backward(this.dMaps, BATCH, { learn: true });
    d = this.norm2.backward(d, BATCH * 196);
    d = this.up.backward(d, BATCH);
    d = this.norm1.backward(d, BATCH * 49);
    this.dense.learn(d, BATCH);
    this.dense.backward(d, BATCH, this.dInputs);
    const table = this.embedding.gradient.fill(0);
    labels.forEach((label, i) => {
      for (let j = 0; j < EMBEDDING; j++) {
        table[label * EMBEDDING + j] += this.dInputs[i * (LATENTS + EMBEDDING) + LATENTS + j];
      }
    });
  }

  /** In the order of Keras's trainable variables. */
  parameters() {
    const layers = [this.norm1, this.up, this.norm2, this.fourMaps];
    return [this.embedding, this.dense.kernel, ...layers.flatMap((layer) => layer.parameters())];
  }

  /** Everything that the average follows: what is learned, and the means and variances. */
  variables() {
    const statistics = [this.norm1, this.norm2].flatMap((norm) => [norm.mean, norm.variance]);
    return [...this.parameters().map((parameter) => parameter.value), ...statistics];
  }
}

/** D: three strided convolutions, then one number for realness and one for the match of each label. */
class Discriminator {
  constructor(kernels, random) {
    this.kernels = kernels;
    const count = 2 * BATCH;
    const strided = { stride: 2, slope: 0.2 };
    this.convolutions = [
      { large: 28, small: 14, inputs: 1, outputs: 32, kernel: 4, ...strided },
      { large: 14, small: 7, inputs: 32, outputs: 64, kernel: 4, ...strided },
      { large: 7, small: 4, inputs: 64, outputs: 128, kernel: 3, ...strided },
    ].map((shape) => {
      const layer = new Convolution(kernels, count, shape);
      const taps = shape.kernel ** 2;
      layer.product.kernel.glorot(taps * shape.inputs, taps * shape.outputs, random);
      return layer;
    });
    this.realness = new Product(kernels, count, FEATURES, 1);
    this.bias = new Parameter(kernels, 1);
    this.match = new Product(kernels, count, FEATURES, CLASSES);
    this.realness.kernel.glorot(FEATURES, 1, random);
    this.match.kernel.glorot(FEATURES, CLASSES, random);
    this.dRealness = kernels.room(count);
    this.dMatch = kernels.room(count * CLASSES);
    this.dFeatures = kernels.room(count * FEATURES);
    this.dOther = kernels.room(count * FEATURES);
  }

  /** Looks at images (count, 784); `logit` then answers for one of them and any label. */
  forward(images, count) {
    const features = this.convolutions.reduce((x, layer) => layer.forward(x, count), images);
    this.realness.forward(features, count);
    this.match.forward(features, count);
    this.dRealness.fill(0);
    this.dMatch.fill(0);
  }

  logit(image, label) {
    return this.realness.y[image] + this.bias.value[0] + this.match.y[image * CLASSES + label];
  }

  /** Notes the gradient by a logit; several of one image add up. */
  note(image, label, d) {
    this.dRealness[image] += d;
    this.dMatch[image * CLASSES + label] += d;
  }

  /** Learns from the noted gradients, or passes them through to the images. */
  backward(count, learn) {
    if (learn) {
      this.realness.learn(this.dRealness, count);
      this.match.learn(this.dMatch, count);
      this.kernels.columnSums(this.dRealness, this.bias.gradient, count, 1);
    }
    this.realness.backward(this.dRealness, count, this.dFeatures);
    this.match.backward(this.dMatch, count, this.dOther);
    for (let i = 0; i < count * FEATURES; i++) this.dFeatures[i] += this.dOther[i];
    return [...this.convolutions].reverse().reduce((d, layer) => {
      const first = layer === this.convolutions[0];
      return layer.backward(d, count, { learn, pass: !(first && learn) });
    }, this.dFeatures);
  }

  /** In the order of Keras's trainable variables. */
  parameters() {
    const own = this.convolutions.flatMap((layer) => layer.parameters());
    return [...own, this.realness.kernel, this.bias, this.match.kernel];
  }
}

export class Trainer {
  /** kernels: with MEMORY bytes. random: gives numbers in [0, 1), for the first weights and all draws. */
  constructor(kernels, random) {
    Object.assign(this, { kernels, random, steps: { discriminator: 0, generator: 0 } });
    this.generator = new Generator(kernels, random);
    this.discriminator = new Discriminator(kernels, random);
    this.pairs = kernels.room(2 * BATCH * PIXELS);
    this.averages = this.generator.variables().map((variable) => {
      const copy = kernels.room(variable.length);
      copy.set(variable);
      return copy;
    });
  }

  /** Gives normal numbers (Box and Muller 1958). */
  normal(count) {
    return Float32Array.from({ length: count }, () => {
      const radius = Math.sqrt(-2 * Math.log(1 - this.random()));
      return radius * Math.cos(2 * Math.PI * this.random());
    });
  }

  /** One step of D on a batch of real images (32, 784) and labels. rest: the share of training still ahead. */
  discriminatorStep(images, labels, rest) {
    const others = Array.from(labels, (label) => (label + 1 + Math.floor(9 * this.random())) % CLASSES);
    const losses = this.discriminatorGradients(images, labels, others, this.normal(BATCH * LATENTS));
    this.descend(this.discriminator, ++this.steps.discriminator, rest);
    return losses;
  }

  /** One step of G, and of its average. */
  generatorStep(labels, rest) {
    const loss = this.generatorGradients(labels, this.normal(BATCH * LATENTS));
    const step = ++this.steps.generator;
    this.descend(this.generator, step, rest);
    const decay = Math.min(EMA_DECAY, (1 + step) / (10 + step)); // a young average forgets faster
    this.generator.variables().forEach((variable, i) => {
      this.kernels.blend(this.averages[i], variable, variable.length, decay);
    });
    return loss;
  }

  /** Gradients of D's loss; gives its parts. The convolutions look at an image and its wrong label once. */
  discriminatorGradients(images, labels, others, latents) {
    const D = this.discriminator;
    this.pairs.set(images);
    this.pairs.set(this.generator.forward(labels, latents), BATCH * PIXELS);
    D.forward(this.pairs, 2 * BATCH);
    const losses = { real: 0, fake: 0, mismatched: 0 };
    const believe = (kind, image, label, weight) => {
      const logit = D.logit(image, label);
      losses[kind] += softplus(logit) / BATCH;
      D.note(image, label, (weight * sigmoid(logit)) / BATCH);
    };
    for (let i = 0; i < BATCH; i++) {
      const logit = D.logit(i, labels[i]);
      losses.real += softplus(-logit) / BATCH;
      D.note(i, labels[i], -sigmoid(-logit) / BATCH);
      believe("mismatched", i, others[i], MISMATCHED_WEIGHT);
      believe("fake", BATCH + i, labels[i], 1 - MISMATCHED_WEIGHT);
    }
    D.backward(2 * BATCH, true);
    return losses;
  }

  /** Gradients of G's loss, through D; gives the loss. */
  generatorGradients(labels, latents) {
    const D = this.discriminator;
    D.forward(this.generator.forward(labels, latents), BATCH);
    let loss = 0;
    for (let i = 0; i < BATCH; i++) {
      const logit = D.logit(i, labels[i]);
      loss += softplus(-logit) / BATCH;
      D.note(i, labels[i], -sigmoid(-logit) / BATCH);
    }
    this.generator.backward(D.backward(BATCH, false), labels);
    return loss;
  }

  /** Adam without momentum, its rate falling to 0. */
  descend(network, step, rest) {
    const rate = LEARNING_RATE * rest * Math.sqrt(1 - BETA ** step);
    for (const { value, gradient, squares } of network.parameters()) {
      this.kernels.adam(value, gradient, squares, value.length, BETA, rate, EPSILON);
    }
  }

  /** Gives the averaged generator as layers and arrays, its batch normalization folded in. */
  averagedGenerator() {
    const [embedding, dense, gamma1, beta1, up, gamma2, beta2, maps, mapsBias, ...statistics] = this.averages;
    const [mean1, variance1, mean2, variance2] = statistics;
    const first = folding(gamma1, beta1, mean1, variance1);
    const second = folding(gamma2, beta2, mean2, variance2);
    const table = new Float32Array(CLASSES * 3136); // the labels' embedding times its part of the dense layer
    const embedded = dense.subarray(LATENTS * 3136);
    for (let label = 0; label < CLASSES; label++) {
      for (let j = 0; j < EMBEDDING; j++) {
        const weight = embedding[label * EMBEDDING + j];
        for (let i = 0; i < 3136; i++) table[label * 3136 + i] += weight * embedded[j * 3136 + i];
      }
    }
    const kernel = new Float32Array((LATENTS + CLASSES) * 3136);
    kernel.set(dense.subarray(0, LATENTS * 3136));
    kernel.set(table, LATENTS * 3136);
    return {
      layers: [
        { kind: "dense", in: [LATENTS + CLASSES], out: [3136], activation: "relu" },
        { kind: "up", in: [7, 7, 64], out: [14, 14, 64], kernel: 4, stride: 2, activation: "relu" },
        { kind: "convolution", in: [14, 14, 64], out: [14, 14, 4], kernel: 3, stride: 1, activation: "sigmoid" },
        { kind: "shuffle", in: [14, 14, 4], out: [28, 28, 1] },
      ],
      arrays: {
        "0.kernel": kernel.map((weight, at) => weight * first.scale[at % 64]),
        "0.bias": Float32Array.from({ length: 3136 }, (_, at) => first.shift[at % 64]),
        "1.kernel": up.map((weight, at) => weight * second.scale[at % 64]),
        "1.bias": second.shift,
        "2.kernel": maps.slice(),
        "2.bias": mapsBias.slice(),
      },
    };
  }

  /** Gives D as layers and arrays: its last layer gives realness, then the match of each label. */
  trainedDiscriminator() {
    const { convolutions, realness, bias, match } = this.discriminator;
    const layers = [], arrays = {};
    convolutions.forEach(({ large, small, inputs, outputs, kernelSize, stride, product, bias: own }, i) => {
      const shapes = { in: [large, large, inputs], out: [small, small, outputs] };
      layers.push({ kind: "convolution", ...shapes, kernel: kernelSize, stride, activation: "leaky" });
      arrays[`${i}.kernel`] = product.kernel.value.slice();
      arrays[`${i}.bias`] = own.value.slice();
    });
    layers.push({ kind: "dense", in: [FEATURES], out: [1 + CLASSES], activation: "none" });
    const heads = new Float32Array(FEATURES * (1 + CLASSES));
    for (let i = 0; i < FEATURES; i++) {
      heads[i * (1 + CLASSES)] = realness.kernel.value[i];
      heads.set(match.kernel.value.subarray(i * CLASSES, (i + 1) * CLASSES), i * (1 + CLASSES) + 1);
    }
    arrays["3.kernel"] = heads;
    arrays["3.bias"] = Float32Array.from({ length: 1 + CLASSES }, (_, i) => (i === 0 ? bias.value[0] : 0));
    return { layers, arrays };
  }
}

/** What batch normalization does to each channel once it no longer learns: scale, then shift. */
function folding(gamma, beta, mean, variance) {
  const scale = gamma.map((weight, i) => weight / Math.sqrt(variance[i] + Normalization.EPSILON));
  return { scale, shift: beta.map((offset, i) => offset - mean[i] * scale[i]) };
}
