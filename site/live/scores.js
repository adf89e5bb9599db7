// See what D says to one of some test digits with each label.

import { bars, canvas, Explorer, paint, plain, row, slider } from "./explorer.js";
import { fetchArrays } from "./files.js";
import { Discriminator } from "./models.js";
import { fetchNetwork, sigmoid } from "./network.js";

export class ScoresExplorer extends Explorer {
  async load() {
    this.discriminator = new Discriminator((await fetchNetwork(`networks/${this.dataset.file}`, 1)).network);
    this.images = (await fetchArrays("test.safetensors.gz")).arrays.images;
  }

  build() {
    this.large = canvas(28, 28, "A real digit that D has not seen", "large");
    this.said = bars("D(x|y) for each label y");
    const last = this.images.length / 784 - 1;
    return [row(slider("image", "Image", { min: 0, max: last, value: 0, kind: "wide" })), row(this.large, this.said.figure)];
  }

  draw({ image: index }) {
    const image = Float32Array.from(this.images.subarray(784 * index, 784 * (index + 1)), (byte) => byte / 255);
    const logits = this.discriminator.logits(image);
    paint(this.large, image);
    this.said.show(logits.map(sigmoid));
    const highest = logits.indexOf(Math.max(...logits));
    const listed = logits.map((logit, label) => `${label}: ${plain(logit, 1)}`).join(", ");
    return `Image ${index}: highest for label ${highest}. D's logits: ${listed}`;
  }
}
