// A GIF of gray images, as cg.save_gif writes it: 96 pixels high, ten frames a second, for ever.

import { GIFEncoder } from "./gifenc.esm.js";
import { paint } from "./explorer.js";

const HEIGHT = 96;
const GRAYS = Array.from({ length: 256 }, (_, gray) => [gray, gray, gray]);

/** Gives the file of frames (784 numbers in [0, 1] each). */
export function gifOf(frames) {
  const [small, large] = [28, HEIGHT].map((side) =>
    Object.assign(document.createElement("canvas"), { width: side, height: side }),
  );
  const context = large.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = true;
  const encoder = GIFEncoder();
  for (const frame of frames) {
    paint(small, frame);
    context.drawImage(small, 0, 0, HEIGHT, HEIGHT);
    const pixels = context.getImageData(0, 0, HEIGHT, HEIGHT).data;
    const grays = Uint8Array.from({ length: HEIGHT * HEIGHT }, (_, i) => pixels[4 * i]);
    encoder.writeFrame(grays, HEIGHT, HEIGHT, { palette: GRAYS, delay: 100 });
  }
  encoder.finish();
  return new Blob([encoder.bytes()], { type: "image/gif" });
}
