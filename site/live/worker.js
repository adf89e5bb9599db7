// Trains in a thread of its own, so that the page stays awake. train.js says what to do.

import { fetchArrays } from "./files.js";
import { loadKernels } from "./kernels.js";
import { Generator, Judge } from "./models.js";
import { fetchNetwork, Network } from "./network.js";
import { randomNumbers } from "./noise.js";
import { BATCH, CLASSES, LATENTS, MEMORY, PIXELS, Trainer } from "./trainer.js";

const SHOWN = 30; // digits: three of each class
const JUDGED = 100; // at a time while it trains; ten times as many at its end
const PACE = 1; // seconds from one report to the next
const JUDGING = 8; // seconds from one verdict to the next

const state = { running: false, seconds: 0, budget: 60, order: [], next: 0 };
let losses = {};

onmessage = async ({ data }) => {
  try {
    await ready();
    if (data.do === "start") run(data.seconds);
    if (data.do === "pause") state.running = false;
    if (data.do === "discriminator" || data.do === "generator") {
      step(data.do);
      report();
      hand();
    }
  } catch (error) {
    postMessage({ error: error.message });
  }
};

let loading;
const ready = () => (loading ??= prepare());

async function prepare() {
  const [digits, kernels, drawing, judging] = await Promise.all([
    fetchArrays("digits.safetensors.gz"),
    loadKernels(MEMORY),
    loadKernels(64 * 2 ** 20),
    fetchNetwork("judge_mnist.safetensors", 10),
  ]);
  const random = randomNumbers(crypto.getRandomValues(new Uint32Array(1))[0]);
  Object.assign(state, { digits: digits.arrays, random, drawing });
  state.trainer = new Trainer(kernels, random);
  state.judge = new Judge(judging.network);
  const { layers, arrays } = state.trainer.averagedGenerator();
  state.generator = new Generator(new Network(drawing, layers, arrays, 10));
  state.latents = Array.from({ length: SHOWN }, () => state.trainer.normal(LATENTS));
  state.compiled = kernels.compiled;
}

/** Trains until the budget is spent or `pause` comes. */
async function run(budget) {
  Object.assign(state, { running: true, budget });
  let before = performance.now(), reported = 0, judged = state.seconds;
  while (state.running && state.seconds < state.budget) {
    step("discriminator");
    step("generator");
    const now = performance.now();
    state.seconds += (now - before) / 1000;
    before = now;
    if (state.seconds - reported > PACE) {
      report();
      reported = state.seconds;
    }
    if (state.seconds - judged > JUDGING) {
      verdict(JUDGED);
      judged = state.seconds;
    }
    await new Promise((resolve) => setTimeout(resolve)); // messages come in
  }
  const finished = state.seconds >= state.budget;
  state.running = false;
  report();
  hand();
  verdict(finished ? 10 * JUDGED : JUDGED);
  postMessage({ stopped: true, finished });
}

/** One step of either network; G's is on the labels of D's last batch. */
function step(network) {
  const rest = Math.max(0, 1 - state.seconds / state.budget);
  if (network === "discriminator" || !state.batch) state.batch = nextBatch();
  const { images, labels } = state.batch;
  if (network === "discriminator") Object.assign(losses, state.trainer.discriminatorStep(images, labels, rest));
  else losses.generator = state.trainer.generatorStep(labels, rest);
  if (!Object.values(losses).every(Number.isFinite)) throw new Error("a loss is no number any more; start again");
}

/** The next 32 digits; shuffled anew for each pass over all of them. */
function nextBatch() {
  const { digits, random } = state;
  if (state.next + BATCH > state.order.length) {
    state.order = Uint32Array.from(digits.labels, (_, i) => i);
    for (let i = state.order.length - 1; i > 0; i--) {
      const j = Math.floor((i + 1) * random());
      [state.order[i], state.order[j]] = [state.order[j], state.order[i]];
    }
    state.next = 0;
  }
  const chosen = [...state.order.subarray(state.next, (state.next += BATCH))];
  const images = new Float32Array(BATCH * PIXELS);
  chosen.forEach((digit, i) => {
    const bytes = digits.images.subarray(digit * PIXELS, (digit + 1) * PIXELS);
    for (let j = 0; j < PIXELS; j++) images[i * PIXELS + j] = bytes[j] / 255;
  });
  return { images, labels: chosen.map((digit) => digits.labels[digit]) };
}

/** Draws labels in turn with these latents, ten at a time, by the averaged generator. */
function drawn(latents, use) {
  state.generator.network.put(state.trainer.averagedGenerator().arrays);
  for (let first = 0; first < latents.length; first += CLASSES) {
    use(state.generator.drawEach(latents.slice(first, first + CLASSES)), first);
  }
}

function report() {
  const images = new Float32Array(SHOWN * PIXELS);
  drawn(state.latents, (ten, first) => images.set(ten, first * PIXELS));
  const { steps } = state.trainer;
  postMessage({ images, losses, steps, seconds: state.seconds, compiled: state.compiled }, [images.buffer]);
}

/** Counts how many new digits the judge recognizes as what was asked for. */
function verdict(count) {
  let recognized = 0;
  const latents = Array.from({ length: count }, () => state.trainer.normal(LATENTS));
  drawn(latents, (ten) => {
    recognized += state.judge.recognize(ten).filter((label, asked) => label === asked).length;
  });
  postMessage({ recognized, judged: count, seconds: state.seconds });
}

/** Hands both networks to the page, as they are now. */
function hand() {
  const { trainer } = state;
  postMessage({ generator: trainer.averagedGenerator(), discriminator: trainer.trainedDiscriminator() });
}
