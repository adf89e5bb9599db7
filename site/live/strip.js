// Scrub through a training run: what the generator drew, every example once, always from the same noise.

import { canvas, Explorer, paintGrid, row, slider } from "./explorer.js";
import { fetchArrays } from "./files.js";

export class StripExplorer extends Explorer {
  async load() {
    const { file, source = "mnist" } = this.dataset;
    const { arrays, shapes } = await fetchArrays(file ? `networks/${file}` : `strip_${source}.safetensors.gz`);
    this.epochs = arrays.epochs;
    [, this.examples, this.side, , this.channels] = shapes.images;
    this.images = Float32Array.from(arrays.images, (byte) => byte / 255);
  }

  build() {
    const width = this.examples * (this.side + 1) - 1;
    this.shown = canvas(width, this.side, "Every example once, always from the same noise", "strip");
    const last = this.epochs.length - 1;
    return [row(slider("snapshot", "Snapshot", { min: 0, max: last, value: last, kind: "wide" })), row(this.shown)];
  }

  draw({ snapshot }) {
    const size = this.side ** 2 * this.channels;
    const images = this.images.subarray(this.examples * size * snapshot, this.examples * size * (snapshot + 1));
    paintGrid(this.shown, images, this.examples, this.side, size);
    return `After epoch ${Number(this.epochs[snapshot].toPrecision(3))}`;
  }
}
