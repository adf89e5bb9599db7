"""Make the README's pictures in assets/, with the generator that comes with the package.

make pictures    # seconds
"""

from pathlib import Path

import numpy as np

import cgan_utils as cg
from cgan_utils.pictures import encode_png, enlarge

ASSETS = Path(__file__).resolve().parent.parent / "assets"
NOISES, STYLES = 12, 6


def surest_noises(generator: cg.Sampler) -> list[int]:
    """Order noises 0 to 11: first the one whose ten digits the judge is surest of, at the least."""
    asked, judge = range(generator.condition.width), cg.Judge()
    sure = []
    for seed in range(NOISES):
        images = generator.generate(asked, latents=generator.draw_latents(1, seed))
        sure.append(judge.probabilities(images)[list(asked), list(asked)].min())
    return np.argsort(sure)[::-1].tolist()


def main() -> None:
    ASSETS.mkdir(exist_ok=True)
    generator = cg.load_pretrained("mnist")
    seeds = surest_noises(generator)
    print(f"noises 0 to {NOISES - 1}, the judge surest of the first: {seeds}")

    # One noise a row, one digit a column
    rows = np.tile(generator.condition.examples(), (STYLES, 1))
    latents = np.concatenate([generator.draw_latents(1, seed) for seed in sorted(seeds[:STYLES])])
    latents = np.repeat(latents, generator.condition.width, axis=0)
    picture = cg.grid(generator.generate(rows, latents=latents))
    (ASSETS / "styles.png").write_bytes(encode_png(enlarge(picture, 2)))
    frames = cg.interpolate_labels(generator, 6, 1, steps=50, seed=seeds[0])
    cg.save_gif(ASSETS / "interpolation.gif", frames, height=174)
    for path in sorted(ASSETS.iterdir()):
        print(path.relative_to(ASSETS.parent))


if __name__ == "__main__":
    main()
