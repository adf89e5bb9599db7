// What all explorers share: they wake when they come near the window, draw once a frame at most, and
// say their state as a sentence.

/** An element that holds a still picture, until it is replaced by controls and what they draw. */
export class Explorer extends HTMLElement {
  connectedCallback() {
    if (this.observer) return;
    this.observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.observer.disconnect();
      this.wake();
    }, { rootMargin: "600px" });
    this.observer.observe(this);
  }

  async wake() {
    try {
      await this.load();
    } catch (error) {
      this.append(create("p", { role: "status" }, `This picture stands still: ${error.message}.`));
      return;
    }
    this.form = create("form", { class: "explorer" }, this.build());
    this.sentence = create("p", { class: "sentence", role: "status" });
    this.form.append(this.sentence);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => this.schedule());
    this.replaceChildren(this.form);
    this.redraw();
    this.dataset.live = "";
  }

  /** Loads what `draw` needs; what it throws is said to the reader. */
  async load() {}

  /** Draws again in the next frame. */
  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.redraw();
    });
  }

  redraw() {
    const start = performance.now();
    const sentence = this.draw(this.values());
    this.dataset.milliseconds = (performance.now() - start).toFixed(2);
    clearTimeout(this.speaking); // a screen reader hears it once the hand rests
    this.speaking = setTimeout(() => { this.sentence.textContent = sentence; }, 100);
  }

  /** The controls' values by name: numbers, or what is chosen. */
  values() {
    const values = {};
    for (const control of this.form.elements) {
      if (control.type === "radio") {
        if (control.checked) values[control.dataset.name] = control.value;
      } else if (control.type === "checkbox") {
        values[control.name] = Number(control.checked);
      } else if (control.type === "range" || control.type === "number") {
        values[control.name] = Number(control.value);
      }
    }
    return values;
  }
}

/** Makes an HTML element with attributes and children. */
export function create(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat());
  return element;
}

export const row = (...children) => create("div", { class: "row" }, ...children);

/** A slider with its name and its value as text. */
export function slider(name, label, { min, max, step = 1, value, kind = "" }) {
  const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  const input = create("input", { type: "range", name, min, max, step, value });
  const shown = create("output", {}, Number(value).toFixed(digits));
  input.addEventListener("input", () => { shown.value = Number(input.value).toFixed(digits); });
  return create("label", { class: `slider ${kind}` }, create("span", {}, String(label)), input, shown);
}

let groups = 0;

/** Buttons of which one is chosen. */
export function choice(name, legend, options, chosen) {
  const group = `explorer-${name}-${groups++}`;
  const buttons = options.map((option) => {
    const [value, text] = Array.isArray(option) ? option : [option, option];
    const checked = String(value) === String(chosen);
    const input = create("input", { type: "radio", name: group, "data-name": name, value, checked });
    return create("label", {}, input, create("span", {}, String(text)));
  });
  return create("fieldset", { class: "choice" }, create("legend", {}, legend), buttons);
}

export function button(text, work, attributes = {}) {
  const made = create("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", work);
  return made;
}

/** The seed of the noise, and a button for the next one. */
export function noise(first = 0) {
  const seed = create("input", { type: "number", name: "seed", min: 0, max: 999, value: first });
  const next = () => {
    seed.value = (Number(seed.value) + 1) % 1000;
    seed.dispatchEvent(new Event("input", { bubbles: true }));
  };
  return [create("label", { class: "number" }, create("span", {}, "Noise"), seed), button("New noise", next)];
}

/** The seed that is asked for, made whole and not outside of what is allowed. */
export const wholeSeed = (seed) => Math.min(999, Math.max(0, Math.trunc(seed)));

export function canvas(width, height, label, kind) {
  return create("canvas", { width, height, role: "img", "aria-label": label, class: kind });
}

/** Ten bars, one a class, with a function that sets their heights, in [0, 1]. */
export function bars(caption) {
  const columns = Array.from({ length: 10 }, () => create("span", { class: "bar" }));
  const labeled = columns.map((bar, label) => create("div", {}, bar, create("span", {}, String(label))));
  const figure = create("figure", { class: "bars" }, create("figcaption", {}, caption), labeled);
  const show = (heights) => columns.forEach((bar, i) => { bar.style.height = `${100 * heights[i]}%`; });
  return { figure, show };
}

/** Paints an image, gray or in color (side·side·1 or 3 numbers in [0, 1]), at a place of a canvas. */
export function paint(surface, image, left = 0, top = 0, side = 28) {
  const context = surface.getContext("2d");
  const pixels = context.createImageData(side, side);
  const channels = image.length / side ** 2;
  for (let i = 0; i < side ** 2; i++) {
    for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = Math.round(255 * image[i * channels + (c % channels)]);
    pixels.data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, left, top);
}

/** Paints images (n, size) in columns, one pixel apart. */
export function paintGrid(surface, images, columns, side = 28, size = side ** 2) {
  for (let i = 0; i < images.length / size; i++) {
    const image = images.subarray(size * i, size * (i + 1));
    paint(surface, image, (side + 1) * (i % columns), (side + 1) * Math.floor(i / columns), side);
  }
}

/** Says shares in words, the largest first, as the widgets do: "6: 80%, 1: 20%". */
export function describe(shares, names) {
  return [...shares]
    .map((share, label) => ({ share, label }))
    .filter(({ share }) => share >= 0.005)
    .sort((a, b) => b.share - a.share || a.label - b.label)
    .map(({ share, label }) => `${names[label]}: ${Math.round(100 * share)}%`)
    .join(", ");
}

/** A number as the notebooks write it, with a true minus sign. */
export const signed = (value, digits = 1) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(digits);
export const plain = (value, digits = 2) => value.toFixed(digits).replace(/^-(?=[0.]+$)/, "").replace("-", "−");

export const counted = (count, thing) => `${count} ${thing}${count === 1 ? "" : "s"}`;

/** Whether the reader has asked for less motion. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Offers bytes as a file to keep. */
export function download(blob, name) {
  const link = create("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
