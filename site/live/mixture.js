// Mix labels, a weight for each, and see what the judge makes of the image.

import { bars, canvas, describe, Explorer, noise, paint, row, slider, wholeSeed } from "./explorer.js";
import { generatorOf, judgeOf } from "./models.js";
import { standardNormal } from "./noise.js";

export class MixtureExplorer extends Explorer {
  async load() {
    this.generator ??= await generatorOf(this.dataset);
    this.judge = await judgeOf(this.generator);
  }

  build() {
    this.large = canvas(28, 28, "An image of the mixed label", "large");
    this.seen = bars("The judge sees");
    const weights = this.generator.names.map((name, label) => {
      const value = label === 3 || label === 8 ? 0.5 : 0;
      return slider(`weight${label}`, name, { min: 0, max: 1, step: 0.05, value, kind: "upright" });
    });
    return [row(weights), row(noise(this.dataset.seed)), row(this.large, this.seen.figure)];
  }

  draw({ seed, ...values }) {
    const { names } = this.generator;
    const weights = names.map((_, label) => values[`weight${label}`]);
    const sum = weights.reduce((a, b) => a + b);
    if (sum === 0) return "All weights are 0; raise at least one of them.";
    const label = Float32Array.from(weights, (weight) => weight / sum);
    const image = this.generator.draw([label], [standardNormal(64, wholeSeed(seed))]);
    paint(this.large, image);
    const shares = this.judge.probabilities(image);
    this.seen.show(shares);
    return `Noise ${wholeSeed(seed)}. Label ${describe(label, names)}. The judge sees ${describe(shares, names)}`;
  }
}
