"""Build the faces, shipped/faces.npz: DiceBear's style "Pixel Art", drawn to known attributes.

    pip install -c constraints.txt -e ".[faces]"
    python tools/build_faces.py
    python tools/build_faces.py outputs/faces.npz   # seven minutes: 52,000 training faces more

The package has room for 10,000 faces; what it ships was trained on more, drawn in the same way.
"""

import argparse
import io
import json
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np
import resvg_py
from dicebear import Avatar, Style
from PIL import Image, ImageColor

import cgan_utils as cg
from cgan_utils.files import save_arrays, written_whole

MAKERS = "dicebear-styles", "dicebear-core", "resvg-py"
COUNT, TRAIN, MORE = 10_000, 8_000, 52_000
CONDITION = cg.DATASETS["faces"].condition

# The two ends of each continuous attribute. Of the style's hair colors only the dark ones: the
# others, or their mixtures with gray, come close to a skin color, and hair and beard would vanish.
SKIN = "#ffdbac", "#8d5524"  # the style's lightest and darkest
HAIR = "#28150a", "#603a14", "#603015", "#612616", "#611c17"
GRAY = "#c8c8c8"

# What shows in 16 x 16 pixels. Long hair goes down beside the face to the chin; short hair does
# not, and some of it shows below the hats, which are those that end above the eyes.
LONG = [f"long{i:02}" for i in (1, 2, 3, 4, 7, 9, 12, 13, 17, 20, 21)]
SHORT = [f"short{i:02}" for i in (1, 2, 13, 14, 15, 17, 18, 22)]
SMILES = [f"happy{i:02}" for i in range(6, 12)]  # one corner up, or both
NO_SMILES = [f"sad{i:02}" for i in range(1, 7)]  # straight, or one corner down, or both
STYLE = {
    "accessoriesProbability": 0,
    "backgroundColor": "#ffffff",
    "beardVariant": [f"variant{i:02}" for i in (1, 3, 5, 6, 7, 8)],  # more than a tuft
    "glassesVariant": [f"{lens}{i:02}" for lens in ("dark", "light") for i in (1, 2, 3, 5, 6, 7)],
    "hatVariant": [f"variant{i:02}" for i in (2, 3, 5, 6, 7, 8)],
    "hatColor": ["#2663a3", "#3d8a6b", "#cc6192", "#614f8a", "#a62116"],  # no hair has these
    "mouthColor": ["#e35d6a", "#de0f0d"],  # no skin comes close to these
}


def style_definition() -> dict:
    """Give the style as DiceBear's package defines it, but with opaque beards.

    There, a beard lies under a mask of its own color, so that it fades as the hair gets darker, to
    next to nothing. Here the shape of the mask is drawn in the color of the hair.
    """
    definition = json.loads((files("dicebear_styles") / "pixel-art.json").read_text("utf-8"))
    for beard in definition["components"]["beard"]["variants"].values():
        mask, _ = beard["elements"]
        beard["elements"] = mask["children"]
    return definition


PIXEL_ART = Style(style_definition())


def draw_labels(count: int = COUNT, seed: int = 0) -> np.ndarray:
    """Draw labels (count, 7) float32, each attribute independently and uniformly.

    Binary ones are 0 or 1, continuous ones multiples of 1/128, which a float holds exactly.
    """
    rng = np.random.default_rng(seed)
    binary = rng.integers(2, size=(count, len(CONDITION.binary)))
    continuous = rng.integers(129, size=(count, len(CONDITION.continuous))) / 128
    return np.hstack([binary, continuous]).astype(np.float32)


def draw_face(number: int, row: np.ndarray) -> np.ndarray:
    """Draw a face (16, 16, 3) uint8: `row` holds its attributes, `number` decides all the rest."""
    face = dict(zip(CONDITION.names, map(float, row), strict=True))
    options = STYLE | {
        "seed": str(number),
        "hairVariant": LONG if face["long hair"] else SHORT,
        "hairColor": mix(HAIR[number % len(HAIR)], GRAY, face["gray"]),
        "skinColor": mix(*SKIN, face["skin"]),
        "mouthVariant": SMILES if face["smile"] else NO_SMILES,
    }
    options |= {f"{name}Probability": 100 * face[name] for name in ("glasses", "beard", "hat")}
    svg = Avatar(PIXEL_ART, options).to_string()
    png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def mix(low: str, high: str, share: float) -> str:
    """Give the color that lies `share` of the way from one to the other, "#rrggbb"."""
    a, b = np.array([ImageColor.getrgb(low), ImageColor.getrgb(high)])
    return "#" + np.rint(a + share * (b - a)).astype(np.uint8).tobytes().hex()


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("more", nargs="?", type=Path, help="npz file for many more faces")
    more = options.parse_args().more
    labels = draw_labels()
    if more:
        labels = np.concatenate([labels, draw_labels(MORE, seed=1)])
    images = np.stack([draw_face(number, row) for number, row in enumerate(labels)])
    test = slice(TRAIN, COUNT)  # the same ones in both files, and in no training split
    arrays = {
        "x_train": np.delete(images, test, axis=0),
        "y_train": np.delete(labels, test, axis=0),
        "x_test": images[test],
        "y_test": labels[test],
    }
    if more:
        with written_whole(more) as partial:
            np.savez_compressed(partial, **arrays)
        return
    makers = ", ".join(f"{name} {version(name)}" for name in MAKERS)
    card = {
        "what": "10,000 drawn faces and their attributes, in Keras's layout: shipped/README.md",
        "data": f"{cg.DATASETS['faces'].license}, drawn with {makers}",
        "command": "python tools/build_faces.py",
        "license": "CC0 1.0",
    }
    path = save_arrays(arrays, "faces", card)
    print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
