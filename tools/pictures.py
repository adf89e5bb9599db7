"""Makes the README's pictures in assets/ with the generator that notebook 05 trains."""

from pathlib import Path

import imageio.v3 as imageio
import numpy as np

import cgan_utils as cg

ASSETS = Path(__file__).resolve().parent.parent / "assets"
STYLES = 6


def main() -> None:
    ASSETS.mkdir(exist_ok=True)
    gan = cg.train("quick", cg.load_images("mnist", "train"), seed=0)
    print(
        f"The judge recognizes {cg.conditional_accuracy(gan):.1%} of 1,000 generated digits as asked."
    )

    # One noise a row, one digit a column
    latents = np.repeat(gan.draw_latents(STYLES, seed=0), gan.classes, axis=0)
    picture = cg.grid(gan.generate(np.tile(np.arange(gan.classes), STYLES), latents=latents))
    imageio.imwrite(
        ASSETS / "styles.png", np.kron(np.uint8(picture * 255), np.ones((2, 2), np.uint8))
    )
    cg.save_gif(
        ASSETS / "interpolation.gif", cg.interpolate_labels(gan, 6, 1, steps=50, seed=0), height=174
    )
    for path in sorted(ASSETS.iterdir()):
        print(path.relative_to(ASSETS.parent))


if __name__ == "__main__":
    main()
