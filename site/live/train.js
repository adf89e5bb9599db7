// Train your own: the quick recipe in a worker, steered and watched from here. What it gives goes into
// the explorers below, and into a file.

import { AskDiscriminator } from "./ask.js";
import { drawCurves } from "./curves.js";
import { define } from "./define.js";
import { button, canvas, choice, counted, create, download, paintGrid, row } from "./explorer.js";
import { writeArrays } from "./files.js";
import { loadKernels } from "./kernels.js";
import { Discriminator, Generator } from "./models.js";
import { Network, readNetwork } from "./network.js";

const EXPLORERS = ["cgan-digit", "cgan-mixture", "cgan-walk"];
const MEMORY = 64 * 2 ** 20;
const FILE = "my_generator.safetensors";
const IDLE =
  "Nothing is loaded yet. Training fetches 0.8 MB of digits and a judge, and keeps one core busy. " +
  "The learning rate falls to zero over the time you choose.";

export class Training extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    this.budget = choice("budget", "Train for", [[30, "30 s"], [60, "1 min"], [120, "2 min"], [300, "5 min"]], 60);
    this.toggle = button("Train", () => this.startOrPause());
    this.discriminatorStep = button("One step of D", () => this.ask({ do: "discriminator" }));
    this.generatorStep = button("One step of G", () => this.ask({ do: "generator" }));
    this.again = button("Start again", () => this.startAgain());
    this.keep = button("Save my G", () => this.save(), { disabled: true });
    this.file = create("input", { type: "file", accept: ".safetensors", "aria-label": "Load a saved G" });
    this.file.addEventListener("change", () => this.load(this.file.files[0]));
    this.digits = canvas(289, 86, "Thirty digits of the generator in training, a label a column", "strip");
    this.curves = canvas(1200, 360, "Losses of D and G over the steps, beside the line of guessing", "plot");
    this.progress = create("p", { class: "note" });
    this.sentence = create("p", { class: "sentence", role: "status" }, IDLE);
    this.below = create("div", { class: "below" });
    this.form = create(
      "form",
      { class: "explorer" },
      row(this.budget, this.toggle, this.discriminatorStep, this.generatorStep, this.again),
      this.digits,
      this.curves,
      this.progress,
      this.sentence,
      row(this.keep, create("label", { class: "number" }, create("span", {}, "Load a saved G"), this.file)),
    );
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.replaceChildren(this.form, this.below);
    this.forget();
  }

  forget() {
    this.worker?.terminate();
    this.worker = null;
    this.losses = [];
    this.show({ running: false, finished: false });
  }

  startAgain() {
    this.forget();
    for (const surface of [this.digits, this.curves]) {
      surface.getContext("2d").clearRect(0, 0, surface.width, surface.height);
    }
    this.progress.textContent = "";
    this.say("A new G and a new D, which know nothing yet.");
  }

  startOrPause() {
    if (this.running) {
      this.ask({ do: "pause" });
      return;
    }
    const seconds = Number(this.form.querySelector("[data-name=budget]:checked").value);
    this.ask({ do: "start", seconds });
    this.show({ running: true, finished: false });
    this.say("Training.");
  }

  ask(message) {
    if (!this.worker) {
      this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
      this.worker.onmessage = ({ data }) => this.hear(data);
      this.worker.onerror = () => this.hear({ error: "this browser cannot run the training" });
    }
    this.worker.postMessage(message);
  }

  show({ running, finished }) {
    this.running = running;
    this.dataset.state = running ? "running" : finished ? "finished" : "still";
    this.toggle.textContent = running ? "Pause" : "Train";
    this.toggle.disabled = finished;
    this.budget.disabled = running || finished;
    this.discriminatorStep.disabled = this.generatorStep.disabled = running || finished;
  }

  async hear(data) {
    if (data.error) {
      this.forget();
      this.say(`The training stopped: ${data.error}.`);
    } else if (data.images) {
      this.report(data);
    } else if (data.recognized !== undefined) {
      const share = ((100 * data.recognized) / data.judged).toFixed(1);
      this.dataset.recognized = data.recognized / data.judged;
      this.say(`After ${Math.round(data.seconds)} s the judge recognizes ${share}% of ${data.judged} new digits as asked for.`);
    } else if (data.generator) {
      await this.receive(data);
    } else if (data.stopped) {
      this.show({ running: false, finished: data.finished });
    }
  }

  report({ images, losses, steps, seconds, compiled }) {
    paintGrid(this.digits, images, 10);
    this.dataset.steps = steps.generator;
    this.losses.push({ step: Math.max(steps.discriminator, steps.generator), ...losses });
    drawCurves(this.curves, this.losses, getComputedStyle(this).color);
    const slow = compiled ? "" : " This browser runs plain JavaScript here, which is many times slower.";
    const loss = (name) => losses[name]?.toFixed(2) ?? "–";
    this.progress.textContent =
      `${counted(steps.discriminator, "step")} of D, ${steps.generator} of G, ${seconds.toFixed(0)} s. ` +
      `Losses: real ${loss("real")}, fake ${loss("fake")}, mismatched ${loss("mismatched")}, G ${loss("generator")}.${slow}`;
  }

  async receive({ generator, discriminator }) {
    this.exported = generator;
    this.keep.disabled = false;
    await this.explore(new Generator(await networkOf(generator, 10)));
    if (!this.asking) {
      this.asking = new AskDiscriminator();
      this.below.append(this.asking.element);
    }
    this.asking.ask(new Discriminator(await networkOf(discriminator, 1)));
  }

  /** Puts a generator into the explorers below, which come into being with the first one. */
  async explore(generator) {
    if (!this.explorers) {
      this.explorers = EXPLORERS.map((name) => document.createElement(name));
      this.below.prepend(create("h3", {}, "Your generator"), ...this.explorers);
    }
    for (const explorer of this.explorers) {
      explorer.generator = generator;
      if (explorer.form) explorer.schedule();
    }
    await Promise.all(EXPLORERS.map(define));
  }

  save() {
    const { layers, arrays } = this.exported;
    download(writeArrays({ layers: JSON.stringify(layers) }, arrays), FILE);
    this.say(`Saved as ${FILE}.`);
  }

  async load(file) {
    if (!file) return;
    try {
      const { network } = await readNetwork(await file.arrayBuffer(), 10, file.name);
      if (network.inputs.length !== 10 * 74 || network.outputs !== 784) {
        throw new Error(`${file.name} holds a network that draws no digits`);
      }
      await this.explore(new Generator(network));
      this.say(`${file.name} is in the explorers below.`);
    } catch (error) {
      this.say(`${error.message}; what was here stays.`);
    }
    this.file.value = "";
  }

  say(sentence) {
    this.sentence.textContent = sentence;
  }
}

async function networkOf({ layers, arrays }, count) {
  return new Network(await loadKernels(MEMORY), layers, arrays, count);
}
