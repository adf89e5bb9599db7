// The game on a line, played by hand: a step of D, a step of G, or many turns, under rules you choose.
// The same rules and moves as cg.play_game, which says what is drawn.

import { line } from "./curves.js";
import { button, calm, choice, counted, create, plain, row } from "./explorer.js";
import { LineGame, PULLS } from "./line-game.js";
import { sigmoid } from "./network.js";

const STARTS = { "0, 0": [0, 0], "1, −1": [1, -1], "6, −6": [6, -6], "−6, 6": [-6, 6] };
const NOISE = [-1.5, -0.75, 0, 0.75, 1.5]; // of the fakes with arrows
const [LEFT, RIGHT] = [-8, 8]; // what a panel shows of the line
const [LONG, LONGEST] = [3, 2]; // of an arrow: where the slope is 1, and at most
const PATIENCE = 12; // milliseconds of moves before the next picture
const FRESH = ["data", "start", "ahead", "label", "seed"]; // choices that begin a new game

export class GameBoard extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    const moves = [
      button("Step of D", () => this.move(1, ["discriminator"])),
      button("Step of G", () => this.move(1, ["generator"])),
      button("Turn", () => this.move(1, ["discriminator", "generator"])),
      button("100 turns", () => this.move(100, ["discriminator", "generator"])),
      (this.runner = button("Run", () => this.run(), { "aria-pressed": "false" })),
      button("Start again", () => this.startAgain()),
    ];
    this.seed = create("input", { type: "number", name: "seed", min: 0, max: 99, value: 0 });
    this.canvas = create("canvas", { width: 1200, height: 520, role: "img", class: "plot game" });
    this.canvas.setAttribute("aria-label", "For each class: real numbers, G's numbers, D's answers, and fakes with arrows");
    this.sentence = create("p", { class: "sentence", role: "status" });
    this.form = create(
      "form",
      { class: "explorer" },
      row(moves),
      row(
        choice("rate", "Learning rate", [0.03, 0.1, 0.3, 1.5], 0.3),
        choice("loss", "G's loss", Object.keys(PULLS), "non-saturating"),
        choice("mismatched", "Mismatched pairs", [[0, "no"], [0.5, "half of the fakes"]], 0),
        choice("data", "Data", ["apart", "overlapping", "two modes"], "apart"),
        choice("start", "G starts at", Object.keys(STARTS), "0, 0"),
        choice("ahead", "D's head start", [0, 100, 300], 0),
        choice("label", "D sees the label", ["yes", "no"], "yes"),
        create("label", { class: "number" }, create("span", {}, "Seed"), this.seed),
      ),
      legend(),
      this.canvas,
      this.sentence,
    );
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("change", (event) => this.chosen(event.target));
    this.replaceChildren(this.form);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    new MutationObserver(() => this.draw()).observe(document.body, { attributeFilter: ["data-theme"] });
    new IntersectionObserver((entries) => { this.seen = entries.at(-1).isIntersecting; }).observe(this);
    this.begin();
    this.dataset.live = "";
  }

  rules() {
    const chosen = {};
    for (const input of this.form.querySelectorAll("input:checked")) chosen[input.dataset.name] = input.value;
    return {
      rate: Number(chosen.rate),
      loss: chosen.loss,
      weight: Number(chosen.mismatched),
      ahead: Number(chosen.ahead),
      setup: {
        data: chosen.data,
        centers: STARTS[chosen.start],
        seesLabel: chosen.label === "yes",
        seed: Math.min(99, Math.max(0, Math.trunc(Number(this.seed.value)))),
      },
    };
  }

  chosen(control) {
    if (FRESH.includes(control.dataset.name ?? control.name)) this.begin();
  }

  begin() {
    this.game = new LineGame(this.rules().setup);
    this.startAgain();
  }

  startAgain() {
    this.stop();
    this.game.reset();
    this.move(this.rules().ahead, ["discriminator"]);
  }

  /** Makes moves, some in each frame, so that the page stays awake. */
  move(count, players) {
    cancelAnimationFrame(this.moving);
    const { rate, loss, weight } = this.rules();
    const end = performance.now() + PATIENCE;
    for (; count > 0 && performance.now() < end; count--) {
      if (players.includes("discriminator")) this.game.discriminatorStep(rate, weight);
      if (players.includes("generator")) this.game.generatorStep(rate, loss);
    }
    this.draw();
    if (count > 0) this.moving = requestAnimationFrame(() => this.move(count, players));
    else this.say();
  }

  /** Three turns, ten times a second, while the game is in view. */
  run() {
    if (this.runner.getAttribute("aria-pressed") === "true") {
      this.stop();
      this.say();
      return;
    }
    this.runner.setAttribute("aria-pressed", "true");
    const turns = () => { if (this.seen !== false) this.move(3, ["discriminator", "generator"]); };
    this.timer = setInterval(turns, calm() ? 1000 : 100);
  }

  stop() {
    clearInterval(this.timer);
    cancelAnimationFrame(this.moving);
    this.runner.setAttribute("aria-pressed", "false");
  }

  /** Says how the game stands; while it runs, once a second at most. */
  say() {
    const now = performance.now();
    if (this.runner.getAttribute("aria-pressed") === "true" && now - (this.said ?? 0) < 1000) return;
    this.said = now;
    this.sentence.textContent = state(this.game);
  }

  draw() {
    const context = this.canvas.getContext("2d");
    const ink = getComputedStyle(this).color;
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.font = "24px sans-serif";
    for (const y of [0, 1]) this.drawClass(context, y, ink);
    this.dataset.steps = `${this.game.steps.discriminator} ${this.game.steps.generator}`;
  }

  drawClass(context, y, ink) {
    const { data, table, discriminator } = this.game;
    const across = (x) => 610 * y + 10 + ((Math.min(RIGHT, Math.max(LEFT, x)) - LEFT) / (RIGHT - LEFT)) * 570;
    const up = (value) => 330 - (Math.min(value, 1.1) / 1.1) * 310;
    const xs = Array.from({ length: 321 }, (_, i) => LEFT + i * 0.05);
    const curve = (value) => xs.map((x) => [across(x), up(value(x))]);
    context.fillStyle = "#0072b266";
    context.beginPath();
    for (const [a, b] of [[across(LEFT), up(0)], ...curve((x) => density(data, y, x)), [across(RIGHT), up(0)]]) {
      context.lineTo(a, b);
    }
    context.fill();
    context.lineWidth = 5;
    context.strokeStyle = "#e69f00";
    line(context, curve((x) => density(table, y, x)));
    context.lineWidth = 3;
    context.strokeStyle = context.fillStyle = ink;
    context.setLineDash([3, 8]);
    line(context, curve((x) => sigmoid(discriminator.logit(x, y))));
    context.setLineDash([]);
    context.lineWidth = 2;
    line(context, [[across(LEFT), up(0)], [across(RIGHT), up(0)]]);
    context.fillText(`y = ${y}`, across(LEFT), 24);
    context.textAlign = "center";
    for (let tick = LEFT + 2; tick < RIGHT; tick += 2) context.fillText(plain(tick, 0), across(tick), 358);
    context.textAlign = "left";
    this.drawArrows(context, y, across);
  }

  /** Fakes, and from each an arrow down the gradient of G's loss by it. */
  drawArrows(context, y, across) {
    const { table, discriminator } = this.game;
    const own = rowsOf(table, y);
    const fakes = own.flatMap(([center, spread]) => NOISE.map((z) => center + spread * z));
    const slopes = discriminator.slopes(fakes, fakes.map(() => y), PULLS[this.rules().loss]);
    fakes.forEach((fake, i) => {
      const height = 380 + (130 / fakes.length) * (i + 0.5);
      const length = Math.min(LONGEST, Math.max(-LONGEST, -LONG * slopes[i]));
      const [start, end] = [across(fake), across(fake + length)];
      const head = Math.sign(end - start) * Math.min(14, Math.abs(end - start));
      context.strokeStyle = context.fillStyle = "#cc79a7";
      context.lineWidth = 4;
      line(context, [[start, height], [end - head, height]]);
      context.beginPath();
      for (const [a, b] of [[end, 0], [end - head, -0.5 * head], [end - head, 0.5 * head]]) context.lineTo(a, height + b);
      context.fill();
      context.fillStyle = "#e69f00";
      context.beginPath();
      context.arc(start, height, 6, 0, 2 * Math.PI);
      context.fill();
    });
  }
}

/** Says how a game stands, as cg.play_game does. */
export function state({ steps, table, data, discriminator }) {
  const mean = (rows) => {
    let sum = 0, weights = 0;
    for (const y of [0, 1]) {
      for (const [center, spread] of rowsOf(rows, y)) {
        for (let z = -4; z < 4.01; z += 0.05) {
          const x = Math.min(10, Math.max(-10, center + spread * z)); // the ends of the line
          const weight = Math.exp((-z * z) / 2);
          sum += weight * sigmoid(discriminator.logit(x, y));
          weights += weight;
        }
      }
    }
    return plain(sum / weights);
  };
  const classes = [0, 1].map((y) => `class ${y} at ${places(table, y)} (data: ${places(data, y)})`);
  return (
    `D has taken ${counted(steps.discriminator, "step")}, G ${steps.generator}. G draws ${classes.join(" and ")}. ` +
    `D's mean answer: ${mean(data)} to real numbers, ${mean(table)} to fakes.`
  );
}

const rowsOf = (table, y) => table.slice((y * table.length) / 2, ((y + 1) * table.length) / 2);

function density(table, y, x) {
  const rows = rowsOf(table, y);
  const shares = rows.map(([center, spread]) => {
    const s = Math.max(Math.abs(spread), 0.01); // it may come to 0
    return Math.exp(-(((x - center) / s) ** 2) / 2) / (s * Math.sqrt(2 * Math.PI));
  });
  return shares.reduce((a, b) => a + b) / rows.length;
}

function places(table, y) {
  const texts = rowsOf(table, y).map(([center, spread]) => `${plain(center)} ± ${plain(Math.abs(spread))}`);
  return [...new Set(texts)].join(" or ");
}

function legend() {
  const entries = [
    ["real", "real numbers, p(x|y)"],
    ["fake", "G's, q(x|y)"],
    ["answer", "D(x|y)"],
    ["arrow", "fakes: down G's gradient"],
  ];
  const items = entries.map(([kind, text]) => create("span", {}, create("span", { class: `key ${kind}` }), text));
  return create("div", { class: "row legend" }, items);
}
