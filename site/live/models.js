// What the explorers ask: a generator for digits, the judge for verdicts, D for logits.

import { fetchNetwork, readNetwork } from "./network.js";

export const CLASSES = 10;
export const PIXELS = 28 * 28;
const LATENTS = 64;

const DIGITS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** G(z, y). */
export class Generator {
  /**
   * condition: { names } of classes, or { binary, continuous }, names and ranges of attributes. judge:
   * who knows them, if anyone does. directions: (count, 64), along which images change most, if known.
   */
  constructor(network, { condition = { names: DIGITS }, judge = "mnist", directions = [] } = {}) {
    Object.assign(this, { network, condition, judge, directions, names: condition.names });
  }

  /** Gives images (n, numbers) in [0, 1] for n rows and latents: a view that the next call overwrites. */
  draw(rows, latents) {
    const width = LATENTS + rows[0].length;
    rows.forEach((row, i) => {
      this.network.inputs.set(latents[i], i * width);
      this.network.inputs.set(row, i * width + LATENTS);
    });
    return this.network.forward(rows.length);
  }

  /** Every class once, each from noise of its own: (10, 784). */
  drawEach(latents) {
    return this.draw(oneHots, latents);
  }

  /** Every class once, from the same noise: (10, 784). */
  drawAll(latent) {
    return this.drawEach(Array(CLASSES).fill(latent));
  }
}

/** The classifier that has never seen a generated digit. */
export class Judge {
  constructor(network) {
    this.network = network;
  }

  /** Gives the logits of n images: a view that the next call overwrites. */
  logits(images, count) {
    this.network.inputs.set(images);
    return this.network.forward(count);
  }

  /** Gives the probability of each class for each image (n, 784): a Float32Array (n, 10). */
  probabilities(images) {
    const logits = this.logits(images, images.length / PIXELS);
    return Float32Array.from(logits, (logit, at) => {
      const own = logits.subarray(at - (at % CLASSES), at - (at % CLASSES) + CLASSES);
      return 1 / own.reduce((sum, other) => sum + Math.exp(other - logit), 0);
    });
  }

  /** Gives the most probable class of each image. */
  recognize(images) {
    const shares = this.probabilities(images);
    return Array.from({ length: shares.length / CLASSES }, (_, i) => {
      const own = shares.subarray(i * CLASSES, (i + 1) * CLASSES);
      return own.indexOf(Math.max(...own));
    });
  }
}

/** D(x, y), asked about every label at once: its last layer gives realness, then a match a label. */
export class Discriminator {
  constructor(network) {
    this.network = network;
  }

  /** Gives the ten logits of an image (784). */
  logits(image) {
    this.network.inputs.set(image);
    const [realness, ...matches] = this.network.forward(1);
    return matches.map((match) => realness + match);
  }
}

export const oneHots = Array.from({ length: CLASSES }, (_, label) => oneHot(label));

export function oneHot(label) {
  const row = new Float32Array(CLASSES);
  row[label] = 1;
  return row;
}

const loaded = new Map();

/** Loads a file once; after a failure, the next explorer may have more luck. */
function once(name, load) {
  if (!loaded.has(name)) {
    const promise = load();
    promise.catch(() => loaded.delete(name));
    loaded.set(name, promise);
  }
  return loaded.get(name);
}

/** Gives the generator that an element asks for: its notebook's own, or one that comes with the package. */
export function generatorOf({ file, source = "mnist" }) {
  const name = file ? `networks/${file}` : `generator_${source}.safetensors`;
  return once(name, async () => {
    const { network, arrays, metadata } = await fetchNetwork(name, CLASSES);
    const condition = metadata.condition && JSON.parse(metadata.condition);
    return new Generator(network, { condition, judge: metadata.judge, directions: arrays.directions });
  });
}

/** Gives the judge of what a generator draws. */
export function judgeOf({ judge }) {
  const name = `judge_${judge}.safetensors`;
  return once(name, async () => new Judge((await fetchNetwork(name, CLASSES)).network));
}
