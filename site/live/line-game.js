// The game on a line (cgan_utils/toy.py): an image is one number. D is a small network, 3-32-32-1 with
// tanh; G(z|y) = c + s z picks center c and spread s from a table. Both go down their plain gradients.

import { sigmoid } from "./network.js";
import { randomNumbers } from "./noise.js";

const HIDDEN = 32;
const BATCH = 512; // half of it of class 0, then half of class 1

/** Center and spread of the real numbers: a row for each class, or two for each, equally likely. */
export const DATA = {
  apart: [[-2, 0.5], [2, 1]],
  overlapping: [[-1, 1], [1, 1]],
  "two modes": [[-3, 0.5], [-3, 0.5], [0, 0.5], [5, 0.5]],
};
const LABELS = Array.from({ length: BATCH }, (_, i) => (i < BATCH / 2 ? 0 : 1));
const OTHER_LABELS = LABELS.map((label) => 1 - label);

// The derivative of each loss by a logit
const PAYS = {
  real: (logit) => -sigmoid(-logit),
  fake: (logit) => sigmoid(logit),
};
export const PULLS = {
  "non-saturating": (logit) => -sigmoid(-logit),
  saturating: (logit) => -sigmoid(logit),
};

export class LineGame {
  /** data: a key of DATA. centers: where G starts, class by class. seed: decides first weights and draws. */
  constructor({ data = "apart", centers = [0, 0], seesLabel = true, seed = 0 } = {}) {
    this.data = DATA[data];
    const rows = this.data.length;
    this.start = this.data.map((_, row) => [centers[Math.floor((2 * row) / rows)], 1]);
    this.picks = LABELS.map((_, i) => Math.floor((i * rows) / BATCH));
    Object.assign(this, { seesLabel, seed });
    this.reset();
  }

  /** Goes back to the beginning of the same game. */
  reset() {
    this.random = randomNumbers(this.seed);
    this.table = this.start.map((row) => [...row]);
    this.steps = { discriminator: 0, generator: 0 };
    this.discriminator = new Discriminator(this.random, this.seesLabel);
  }

  real() {
    return this.drawn(this.data).numbers;
  }

  /** Numbers of a table's rows, in the order of LABELS, and the noise that they were made of. */
  drawn(table) {
    const noise = LABELS.map(() => this.normal());
    return { numbers: noise.map((z, i) => table[this.picks[i]][0] + table[this.picks[i]][1] * z), noise };
  }

  normal() {
    const radius = Math.sqrt(-2 * Math.log(1 - this.random()));
    return radius * Math.cos(2 * Math.PI * this.random());
  }

  discriminatorStep(rate, mismatchedWeight) {
    const D = this.discriminator;
    const real = this.real();
    D.forget();
    D.learn(real, LABELS, (logit) => PAYS.real(logit) / BATCH);
    D.learn(this.drawn(this.table).numbers, LABELS, (logit) => ((1 - mismatchedWeight) * PAYS.fake(logit)) / BATCH);
    if (mismatchedWeight) D.learn(real, OTHER_LABELS, (logit) => (mismatchedWeight * PAYS.fake(logit)) / BATCH);
    D.descend(rate);
    this.steps.discriminator++;
  }

  generatorStep(rate, loss) {
    const { numbers, noise } = this.drawn(this.table);
    const slopes = this.discriminator.slopes(numbers, LABELS, PULLS[loss]);
    const gradient = this.table.map(() => [0, 0]);
    slopes.forEach((slope, i) => {
      gradient[this.picks[i]][0] += slope / BATCH;
      gradient[this.picks[i]][1] += (slope * noise[i]) / BATCH;
    });
    gradient.forEach(([center, spread], row) => {
      this.table[row][0] -= rate * center;
      this.table[row][1] -= rate * spread;
    });
    this.steps.generator++;
  }
}

/** D(x|y), with its gradients written out. */
export class Discriminator {
  constructor(random, seesLabel) {
    this.seesLabel = seesLabel;
    const glorot = (inputs, outputs) => {
      const limit = Math.sqrt(6 / (inputs + outputs));
      return Float64Array.from({ length: inputs * outputs }, () => (2 * random() - 1) * limit);
    };
    this.weights = {
      first: glorot(3, HIDDEN), // rows: x, then a row for each label
      firstBias: new Float64Array(HIDDEN),
      second: glorot(HIDDEN, HIDDEN),
      secondBias: new Float64Array(HIDDEN),
      last: glorot(HIDDEN, 1),
      lastBias: new Float64Array(1),
    };
    this.gradients = Object.fromEntries(
      Object.entries(this.weights).map(([name, values]) => [name, new Float64Array(values.length)]),
    );
    this.one = new Float64Array(HIDDEN);
    this.two = new Float64Array(HIDDEN);
    this.back = new Float64Array(HIDDEN);
  }

  /** The logit of a number with a label; `one` and `two` keep what both hidden layers said. */
  logit(x, label) {
    const { first, firstBias, second, secondBias, last, lastBias } = this.weights;
    const { one, two } = this;
    const row = (label + 1) * HIDDEN;
    for (let i = 0; i < HIDDEN; i++) {
      one[i] = Math.tanh(x * first[i] + (this.seesLabel ? first[row + i] : 0) + firstBias[i]);
    }
    two.set(secondBias);
    for (let i = 0, at = 0; i < HIDDEN; i++) {
      for (let j = 0; j < HIDDEN; j++, at++) two[j] += one[i] * second[at];
    }
    let logit = lastBias[0];
    for (let j = 0; j < HIDDEN; j++) {
      two[j] = Math.tanh(two[j]);
      logit += two[j] * last[j];
    }
    return logit;
  }

  forget() {
    for (const gradient of Object.values(this.gradients)) gradient.fill(0);
  }

  /** Adds up the weights' gradients over numbers and labels. slope: from a logit to the loss's by it. */
  learn(numbers, labels, slope) {
    const g = this.gradients;
    const { one, two, back } = this;
    numbers.forEach((x, n) => {
      const d = slope(this.logit(x, labels[n]));
      g.lastBias[0] += d;
      this.backToFirst(d, (j, dj) => {
        g.last[j] += d * two[j];
        g.secondBias[j] += dj;
        for (let i = 0, at = j; i < HIDDEN; i++, at += HIDDEN) g.second[at] += dj * one[i];
      });
      const row = (labels[n] + 1) * HIDDEN;
      for (let i = 0; i < HIDDEN; i++) {
        g.first[i] += back[i] * x;
        if (this.seesLabel) g.first[row + i] += back[i];
        g.firstBias[i] += back[i];
      }
    });
  }

  /** The loss's slope by each number. slope: as in `learn`. */
  slopes(numbers, labels, slope) {
    return numbers.map((x, n) => {
      this.backToFirst(slope(this.logit(x, labels[n])));
      return this.back.reduce((sum, d, i) => sum + d * this.weights.first[i], 0);
    });
  }

  /** From a gradient by the logit to `back`, that by the first layer's sums; visits the second's. */
  backToFirst(d, visit = () => {}) {
    const { second, last } = this.weights;
    const { one, two, back } = this;
    back.fill(0);
    for (let j = 0; j < HIDDEN; j++) {
      const dj = d * last[j] * (1 - two[j] * two[j]);
      visit(j, dj);
      for (let i = 0, at = j; i < HIDDEN; i++, at += HIDDEN) back[i] += dj * second[at];
    }
    for (let i = 0; i < HIDDEN; i++) back[i] *= 1 - one[i] * one[i];
  }

  descend(rate) {
    for (const [name, values] of Object.entries(this.weights)) {
      for (let i = 0; i < values.length; i++) values[i] -= rate * this.gradients[name][i];
    }
  }
}
