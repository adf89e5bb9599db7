// Draw a digit, with a finger, a mouse or keys, and ask D about it with each label.

import { bars, button, canvas, create, paint, plain, row } from "./explorer.js";
import { sigmoid } from "./network.js";

const SIDE = 28;
const START = { x: 10, y: 6, down: false }; // of the pen
const BRUSH = 1.3; // pixels
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const HELP =
  "Draw in the square with a finger or a mouse. With keys: the arrows move the pen, Space sets it down or lifts it.";

export class AskDiscriminator {
  constructor() {
    this.image = new Float32Array(SIDE * SIDE);
    this.pen = { ...START };
    this.pad = canvas(SIDE, SIDE, "Your digit: arrow keys move the pen, Space sets it down or lifts it", "large pad");
    this.pad.tabIndex = 0;
    this.pad.setAttribute("role", "application");
    this.said = bars("D(x|y) for each label y");
    this.sentence = create("p", { class: "sentence", role: "status" });
    this.element = create(
      "section",
      { class: "explorer" },
      create("h3", {}, "Draw a digit, and ask your D"),
      create("p", {}, HELP),
      row(this.pad, this.said.figure),
      button("Clear", () => this.clear()),
      this.sentence,
    );
    this.pad.addEventListener("pointerdown", (event) => {
      this.pad.setPointerCapture(event.pointerId);
      this.moveTo(event, false);
    });
    this.pad.addEventListener("pointermove", (event) => { if (event.buttons) this.moveTo(event, true); });
    this.pad.addEventListener("keydown", (event) => this.key(event));
    this.pad.addEventListener("focus", () => this.show());
    this.pad.addEventListener("blur", () => this.show());
  }

  /** Asks this D from now on, first about what is drawn already. */
  ask(discriminator) {
    this.discriminator = discriminator;
    this.answer();
  }

  clear() {
    this.image.fill(0);
    Object.assign(this.pen, START);
    this.answer();
  }

  moveTo(event, drawing) {
    const box = this.pad.getBoundingClientRect();
    const to = { x: ((event.clientX - box.left) / box.width) * SIDE, y: ((event.clientY - box.top) / box.height) * SIDE };
    this.stroke(drawing ? this.pen : to, to);
    Object.assign(this.pen, to);
    this.answer();
  }

  key(event) {
    const move = KEYS[event.key];
    if (!move && event.key !== " ") return;
    event.preventDefault();
    if (!move) this.pen.down = !this.pen.down;
    const from = { ...this.pen };
    const [dx, dy] = move ?? [0, 0];
    this.pen.x = Math.min(SIDE - 1, Math.max(0, this.pen.x + dx));
    this.pen.y = Math.min(SIDE - 1, Math.max(0, this.pen.y + dy));
    if (this.pen.down) this.stroke(from, this.pen);
    this.answer();
  }

  /** Draws a line with soft edges, as pens leave them on digits of 28 by 28 pixels. */
  stroke(from, to) {
    const steps = Math.max(1, Math.ceil(3 * Math.hypot(to.x - from.x, to.y - from.y)));
    for (let step = 0; step <= steps; step++) {
      const x = from.x + (step / steps) * (to.x - from.x);
      const y = from.y + (step / steps) * (to.y - from.y);
      for (let i = 0; i < this.image.length; i++) {
        const distance = Math.hypot((i % SIDE) + 0.5 - x, Math.floor(i / SIDE) + 0.5 - y);
        this.image[i] = Math.max(this.image[i], Math.min(1, Math.max(0, 1.5 * BRUSH - distance)));
      }
    }
  }

  answer() {
    this.show();
    const logits = this.discriminator.logits(this.image);
    this.said.show(logits.map(sigmoid));
    const best = logits.indexOf(Math.max(...logits));
    const pen = document.activeElement === this.pad ? ` The pen is ${this.pen.down ? "down" : "up"}.` : "";
    this.sentence.textContent = `Highest for label ${best}: D(x|${best}) = ${plain(sigmoid(logits[best]))}.${pen}`;
  }

  show() {
    paint(this.pad, this.image);
    if (document.activeElement !== this.pad) return;
    const context = this.pad.getContext("2d");
    context.fillStyle = this.pen.down ? "#d55e00" : "#56b4e9";
    context.fillRect(Math.floor(this.pen.x), Math.floor(this.pen.y), 1, 1);
  }
}
