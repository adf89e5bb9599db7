// What the explorers ask: a generator for digits, the judge for verdicts, D for logits.

import { fetchNetwork, readNetwork } from "./network.js";

export const CLASSES = 10;
export const PIXELS = 28 * 28;
const LATENTS = 64;

const DIGITS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** G(z, y). */
export class Generator {
  /** names: of the classes. directions: (count, 64), along which images change most; none if left out. */
  constructor(network, names = DIGITS, directions = []) {
    Object.assign(this, { network, names, directions });
  }

  /** Gives images (n, 784) in [0, 1] for as many rows and latents: a view that the next call overwrites. */
  draw(rows, latents) {
    rows.forEach((row, i) => {
      this.network.inputs.set(latents[i], i * (LATENTS + CLASSES));
      this.network.inputs.set(row, i * (LATENTS + CLASSES) + LATENTS);
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

  /** Gives the probability of each class for each image (n, 784): a Float32Array (n, 10). */
  probabilities(images) {
    const count = images.length / PIXELS;
    this.network.inputs.set(images);
    const logits = this.network.forward(count);
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
    const names = metadata.names && JSON.parse(metadata.names);
    return new Generator(network, names, arrays.directions);
  });
}

/** Gives the judge of a data set. */
export function judgeOf({ source = "mnist" }) {
  const name = `judge_${source}.safetensors`;
  return once(name, async () => new Judge((await fetchNetwork(name, CLASSES)).network));
}
