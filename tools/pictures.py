"""Make the README's pictures in assets/, with the generator that notebook 05 trains.

make pictures    # two minutes
"""

from pathlib import Path

import numpy as np

import cgan_utils as cg
from cgan_utils.pictures import encode_png, enlarge

ASSETS = Path(__file__).resolve().parent.parent / "assets"
STYLES = 6


def main() -> None:
    ASSETS.mkdir(exist_ok=True)
    gan = cg.train("quick", cg.load_images("mnist", "train"), seed=0)
    accuracy = cg.conditional_accuracy(gan)
    print(f"The judge recognizes {accuracy:.1%} of 1,000 generated digits as asked.")

    # One noise a row, one digit a column
    rows = np.tile(gan.condition.examples(), (STYLES, 1))
    latents = np.repeat(gan.draw_latents(STYLES, seed=0), gan.condition.width, axis=0)
    picture = cg.grid(gan.generate(rows, latents=latents))
    (ASSETS / "styles.png").write_bytes(encode_png(enlarge(picture, 2)))
    frames = cg.interpolate_labels(gan, 6, 1, steps=50, seed=0)
    cg.save_gif(ASSETS / "interpolation.gif", frames, height=174)
    for path in sorted(ASSETS.iterdir()):
        print(path.relative_to(ASSETS.parent))


if __name__ == "__main__":
    main()
