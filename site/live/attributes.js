// Ask for attributes, a switch or a slider for each; what the judge sees beside what was asked.

import { canvas, create, Explorer, noise, paint, row, slider, wholeSeed } from "./explorer.js";
import { generatorOf, judgeOf } from "./models.js";
import { sigmoid } from "./network.js";
import { standardNormal } from "./noise.js";

export class AttributesExplorer extends Explorer {
  async load() {
    const { file, source = "faces" } = this.dataset;
    this.generator = await generatorOf({ file, source });
    if (this.generator.judge) this.judge = await judgeOf(this.generator); // not all have one
  }

  build() {
    const { binary, continuous } = this.generator.condition;
    this.ranges = { ...Object.fromEntries(binary.map((name) => [name, [0, 1]])), ...continuous };
    this.names = Object.keys(this.ranges);
    this.side = this.generator.network.shape[0];
    this.large = canvas(this.side, this.side, "An image of the attributes asked for", "large");
    this.levels = levels(this.names, Boolean(this.judge));
    const sliders = Object.entries(continuous).map(([name, [min, max]]) =>
      slider(name, name, { min, max, step: (max - min) / 20, value: (min + max) / 2 }),
    );
    return [
      row(binary.map((name) => checkbox(name))),
      row(sliders, noise(this.dataset.seed)),
      row(this.large, this.levels.figure),
    ];
  }

  draw({ seed, ...values }) {
    const asked = Float32Array.from(this.names, (name) => values[name]);
    const image = this.generator.draw([asked], [standardNormal(64, wholeSeed(seed))]);
    paint(this.large, image, 0, 0, this.side);
    const seen = this.judge && this.see(image);
    this.levels.show(this.shares(asked), seen && this.shares(seen));
    const heard = seen ? `. Seen (lower bars): ${this.describe(seen.map((value) => Math.round(100 * value) / 100))}` : "";
    return `Noise ${wholeSeed(seed)}. Asked for${seen ? " (upper bars)" : ""}: ${this.describe(asked)}${heard}`;
  }

  /** What the judge sees: the probability of a binary attribute, the value of a continuous one. */
  see(image) {
    const logits = this.judge.logits(image, 1);
    return this.names.map((name, i) => {
      const [low, high] = this.ranges[name];
      return low + (high - low) * sigmoid(logits[i]);
    });
  }

  /** How far up its range each value is, in [0, 1]. */
  shares(values) {
    return this.names.map((name, i) => {
      const [low, high] = this.ranges[name];
      return Math.min(1, Math.max(0, (values[i] - low) / (high - low)));
    });
  }

  describe(values) {
    return this.names.map((name, i) => `${name} ${Number(values[i].toPrecision(3))}`).join(", ");
  }
}

function checkbox(name) {
  return create("label", { class: "switch" }, create("input", { type: "checkbox", name }), create("span", {}, name));
}

/** Two bars a name, with a function that sets their lengths, in [0, 1]; one where nobody judges. */
function levels(names, judged) {
  const kinds = judged ? ["asked", "seen"] : ["asked"];
  const pairs = names.map(() => kinds.map((kind) => create("span", { class: `bar ${kind}` })));
  const caption = create("figcaption", {}, judged ? "Above: asked for. Below: what the judge sees" : "Asked for");
  const rows = names.flatMap((name, i) => [create("span", {}, name), create("div", {}, pairs[i])]);
  const figure = create("figure", { class: "levels" }, caption, rows);
  const show = (...shares) => pairs.forEach((pair, i) => {
    pair.forEach((bar, kind) => { bar.style.width = `${100 * shares[kind][i]}%`; });
  });
  return { figure, show };
}
