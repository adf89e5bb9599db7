// The losses of a run, as cg.plot_losses shows them.

const LINES = [
  ["real", "D on real pairs", "#0072b2", "#56b4e9", []],
  ["fake", "D on fakes", "#d55e00", "#e69f00", [16, 6]],
  ["mismatched", "D on mismatched pairs", "#007a59", "#009e73", [5, 5]],
  ["generator", "G", "#a03d78", "#cc79a7", [16, 5, 4, 5]],
];
const HIGHEST = 2; // of the losses that are shown; guessing costs log 2
const SMOOTHING = 0.8; // the weight of what came before

/** Draws losses, each with its step, in the page's own color and four that go with it. */
export function drawCurves(canvas, losses, ink) {
  const context = canvas.getContext("2d");
  const { width, height } = canvas;
  const [left, right, floor] = [60, width - 380, height - 50];
  const last = losses.at(-1).step;
  const x = (step) => left + (step / Math.max(last, 1)) * (right - left);
  const y = (loss) => floor - (Math.min(loss, HIGHEST) / HIGHEST) * (floor - 20);
  const dark = brightness(ink) > 128;
  context.clearRect(0, 0, width, height);
  context.font = "24px sans-serif";
  context.fillStyle = context.strokeStyle = ink;
  context.lineWidth = 1;
  for (const [loss, text] of [[0, "0"], [Math.LN2, "0.69"], [HIGHEST, "2"]]) {
    line(context, [[left, y(loss)], [right, y(loss)]]);
    context.fillText(text, 0, y(loss) + 8);
  }
  context.fillText(`step ${last}`, right - 110, height - 15);
  context.fillText("0.69: guessing", right + 30, 230);
  LINES.forEach(([name, text, onLight, onDark, dashes], number) => {
    context.strokeStyle = dark ? onDark : onLight;
    context.lineWidth = 4;
    context.setLineDash(dashes);
    let mean = null;
    const points = losses.filter((entry) => name in entry).map((entry) => {
      mean = mean === null ? entry[name] : SMOOTHING * mean + (1 - SMOOTHING) * entry[name];
      return [x(entry.step), y(mean)];
    });
    line(context, points);
    line(context, [[right + 30, 30 + 40 * number], [right + 80, 30 + 40 * number]]);
    context.setLineDash([]);
    context.fillText(text, right + 95, 38 + 40 * number);
  });
}

export function line(context, points) {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
}

export const brightness = (color) => Math.max(...color.match(/\d+/g).slice(0, 3).map(Number));
