// Scrub through a training run: what the generator drew, every label once, always from the same noise.

import { canvas, Explorer, paintGrid, row, slider } from "./explorer.js";
import { fetchArrays } from "./files.js";

export class StripExplorer extends Explorer {
  async load() {
    const { file, source = "mnist" } = this.dataset;
    const { arrays } = await fetchArrays(file ? `networks/${file}` : `strip_${source}.safetensors.gz`);
    this.epochs = arrays.epochs;
    this.images = Float32Array.from(arrays.images, (byte) => byte / 255);
  }

  build() {
    this.shown = canvas(289, 28, "Every label once, always from the same noise", "strip");
    const last = this.epochs.length - 1;
    return [row(slider("snapshot", "Snapshot", { min: 0, max: last, value: last, kind: "wide" })), row(this.shown)];
  }

  draw({ snapshot }) {
    paintGrid(this.shown, this.images.subarray(7840 * snapshot, 7840 * (snapshot + 1)), 10);
    return `After epoch ${Number(this.epochs[snapshot].toPrecision(3))}`;
  }
}
