// Walk from one label, one noise, or both, to another; play the walk; save it as a GIF.

import { bars, button, calm, canvas, choice, describe, download, Explorer, paint, paintGrid, row, slider } from "./explorer.js";
import { gifOf } from "./gif.js";
import { CLASSES, generatorOf, judgeOf, oneHot, PIXELS } from "./models.js";
import { standardNormal } from "./noise.js";

const STEPS = 50;

export class WalkExplorer extends Explorer {
  async load() {
    this.generator ??= await generatorOf(this.dataset);
    this.judge = await judgeOf(this.generator);
    const both = standardNormal(128, 0);
    this.noises = [both.subarray(0, 64), both.subarray(64)];
  }

  build() {
    const labels = this.generator.names.map((name, label) => [label, name]);
    this.large = canvas(28, 28, "One frame of the walk", "large");
    this.all = canvas(144, 57, "Ten frames, from the first to the last", "grid");
    this.seen = bars("The judge sees");
    this.player = button("Play", () => this.play(), { "aria-pressed": "false" });
    const frames = slider("frame", "Frame", { min: 0, max: STEPS - 1, value: 0, kind: "wide" });
    this.frameSlider = frames.querySelector("input");
    return [
      row(
        choice("start", "From", labels, 6),
        choice("end", "To", labels, 1),
        choice("moving", "Moving", ["label", "noise", "both"], "label"),
      ),
      row(this.player, frames, button("Save GIF", () => this.save())),
      row(this.large, this.all, this.seen.figure),
    ];
  }

  play() {
    const playing = this.player.getAttribute("aria-pressed") !== "true";
    this.player.setAttribute("aria-pressed", playing);
    clearInterval(this.timer);
    if (!playing) return;
    const step = () => {
      this.frameSlider.value = (Number(this.frameSlider.value) + 1) % STEPS;
      this.frameSlider.dispatchEvent(new Event("input", { bubbles: true }));
    };
    this.timer = setInterval(step, calm() ? 1000 : 100);
  }

  /** The label row and the latent of a frame. */
  place({ start, end, moving }, frame) {
    const share = frame / (STEPS - 1);
    const [from, to] = [oneHot(start), oneHot(moving === "noise" ? start : end)];
    const label = from.map((weight, i) => (1 - share) * weight + share * to[i]);
    const latent = moving === "label" ? this.noises[0] : turned(...this.noises, share);
    return { label, latent };
  }

  images(values, frames) {
    const places = frames.map((frame) => this.place(values, frame));
    return this.generator.draw(places.map((p) => p.label), places.map((p) => p.latent));
  }

  draw(values) {
    const { start, end, moving, frame } = values;
    const { names } = this.generator;
    const path = `${start} ${end} ${moving}`;
    if (path !== this.path) {
      const ten = Array.from({ length: 10 }, (_, i) => Math.round((i * (STEPS - 1)) / 9));
      paintGrid(this.all, this.images(values, ten), 5);
      this.path = path;
    }
    const image = this.images(values, [frame]);
    paint(this.large, image);
    const shares = this.judge.probabilities(image);
    this.seen.show(shares);
    const way = moving === "label" ? "" : `, ${Math.round((100 * frame) / (STEPS - 1))}% of the way to another noise`;
    return (
      `Frame ${frame} of 0 to ${STEPS - 1}. Label ${describe(this.place(values, frame).label, names)}${way}. ` +
      `The judge sees ${describe(shares, names)}`
    );
  }

  save() {
    const values = this.values();
    const frames = [];
    for (let first = 0; first < STEPS; first += CLASSES) {
      const images = this.images(values, Array.from({ length: CLASSES }, (_, i) => first + i));
      for (let i = 0; i < CLASSES; i++) frames.push(images.slice(i * PIXELS, (i + 1) * PIXELS));
    }
    const name = `${values.moving}_${values.start}_to_${values.end}.gif`;
    download(gifOf(frames), name);
    this.sentence.textContent = `Saved ${STEPS} frames as ${name}`;
  }
}

/** Turns from one latent to the other, as latent_path does: the norm stays what a generator knows. */
function turned(a, b, share) {
  const dot = (x, y) => x.reduce((sum, v, i) => sum + v * y[i], 0);
  const cosine = dot(a, b) / Math.max(Math.sqrt(dot(a, a) * dot(b, b)), 1e-12);
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const [first, second] =
    Math.sin(angle) < 1e-6
      ? [1 - share, share]
      : [Math.sin((1 - share) * angle) / Math.sin(angle), Math.sin(share * angle) / Math.sin(angle)];
  return a.map((v, i) => first * v + second * b[i]);
}
