// Ask for a label, draw new noise, shrink or stretch it, move it along three directions.

import { button, canvas, choice, Explorer, noise, paint, paintGrid, row, signed, slider, wholeSeed } from "./explorer.js";
import { generatorOf } from "./models.js";
import { standardNormal } from "./noise.js";

export class DigitExplorer extends Explorer {
  async load() {
    this.generator ??= await generatorOf(this.dataset);
  }

  build() {
    const { directions, seed = 0 } = this.dataset;
    const count = this.generator.directions.length / 64;
    const names = directions ? JSON.parse(directions) : ["Direction 1", "Direction 2", "Direction 3"];
    this.directions = names.slice(0, count).map((_, i) => i);
    this.large = canvas(28, 28, "The digit asked for", "large");
    this.all = canvas(144, 57, "All ten labels from the same noise", "grid");
    const moves = this.directions.map((i) =>
      slider(`direction${i}`, names[i], { min: -4, max: 4, step: 0.1, value: 0 }),
    );
    const labels = this.generator.names.map((name, label) => [label, name]);
    return [
      row(choice("label", "Label", labels, 7), noise(seed)),
      row(
        slider("scale", "Noise scale", { min: 0, max: 1.5, step: 0.05, value: 1 }),
        moves,
        button("Reset", () => this.reset()),
      ),
      row(this.large, this.all),
    ];
  }

  reset() {
    for (const input of this.form.querySelectorAll("input[type=range]")) {
      input.value = input.name === "scale" ? 1 : 0;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  draw({ label, seed, scale, ...moves }) {
    const amounts = this.directions.map((i) => moves[`direction${i}`]);
    const drawn = standardNormal(64, wholeSeed(seed));
    const latent = drawn.map((number, at) =>
      amounts.reduce((sum, a, i) => sum + a * this.generator.directions[64 * i + at], scale * number),
    );
    const images = this.generator.drawAll(latent);
    paintGrid(this.all, images, 5);
    paint(this.large, images.subarray(784 * label, 784 * label + 784));
    const moved = amounts.length ? `, directions ${amounts.map((a) => signed(a)).join(", ")}` : "";
    return `Label ${this.generator.names[label]}, noise ${wholeSeed(seed)} × ${scale.toFixed(2)}${moved}`;
  }
}
