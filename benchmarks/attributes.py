"""What does the quick recipe make of attributes: combinations it never saw, ties, and bins?

    python benchmarks/attributes.py    # 15 runs of a minute and a half

Everything runs on the 8,000 embedded training faces, all of them or some; every run takes the same
number of steps. Both judges see what is asked for with the attributes of the 2,000 test faces.
"""

import time

import cgan_utils as cg  # first: it imports TensorFlow without its log

# isort: split
import keras
import numpy as np

import common
from cgan_utils.files import SHIPPED
from cgan_utils.metrics import frechet_distance, moments

STEPS, SEEDS = 3_750, (0, 1, 2)
JUDGES = ("faces", "faces_second")
QUICK, BINS = cg.RECIPES["quick"], 5
FACES = cg.DATASETS["faces"].condition
GLASSES, BEARD, GRAY = (FACES.names.index(name) for name in ("glasses", "beard", "gray"))
SAMPLES = 500  # faces of which one attribute is moved
# Two attributes each, whose four combinations are looked at one by one
PAIRS = {"glasses and beard": (GLASSES, BEARD), "glasses and gray": (GLASSES, GRAY)}
TIE = 0.9


def choose_data(name: str, seed: int) -> cg.LabeledImages:
    """Give the training faces, all of them or what the name says."""
    data, rng = cg.load_images("faces", "train"), np.random.default_rng(seed)
    glasses, beard, gray = (data.labels[:, i] > 0.5 for i in (GLASSES, BEARD, GRAY))
    if name == "no glasses with beards":
        return data.subset(~(glasses & beard), name)
    if name == "in bins":
        rows = np.concatenate([data.labels[:, : len(FACES.binary)], in_bins(data.labels)], axis=1)
        return cg.LabeledImages(data.images, rows, binned(), name)
    if name.startswith("glasses tied to gray"):
        # Of the faces with glasses 9 in 10 are more gray than not, of those without, 1 in 10.
        tied = data.subset((glasses == gray) | (rng.random(len(gray)) < (1 - TIE) / TIE), name)
        if name.endswith("drawn evenly"):
            kind = 2 * (tied.labels[:, GLASSES] > 0.5) + (tied.labels[:, GRAY] > 0.5)
            each = len(kind) // 4
            chosen = [rng.choice(np.flatnonzero(kind == k), each) for k in range(4)]
            return tied.subset(np.concatenate(chosen), name)
        return tied
    return data


def binned() -> cg.Attributes:
    """Give the condition of faces whose skin and gray are in one of five bins each."""
    names = [f"{name} {i}" for name, _ in FACES.continuous for i in range(BINS)]
    return cg.Attributes((*FACES.binary, *names))


def in_bins(rows: np.ndarray) -> np.ndarray:
    """Give the bins of skin and gray, (N, 2 * BINS) one-hot."""
    places = np.minimum((rows[:, len(FACES.binary) :] * BINS).astype(int), BINS - 1)
    return np.eye(BINS, dtype=np.float32)[places].reshape(len(rows), -1)


def rows_for(gan, rows: np.ndarray) -> np.ndarray:
    """Give rows of faces as the GAN takes them."""
    if gan.condition == FACES:
        return rows
    return np.concatenate([rows[:, : len(FACES.binary)], in_bins(rows)], axis=1)


def train_and_measure(data: str, seed: int) -> dict:
    faces = choose_data(data, seed)
    gan = QUICK.build(faces, seed, STEPS)
    start = time.process_time()
    gan.fit(faces.batches(QUICK.batch_size, seed).repeat(), steps_per_epoch=STEPS, verbose=0)
    result = {"images": len(faces.labels), "cpu_seconds": round(time.process_time() - start, 1)}
    asked = cg.Judge("faces").reference.labels
    images = gan.generate(rows_for(gan, asked), seed)
    for name in JUDGES:
        judge = cg.Judge(name)
        features, logits = judge.look(images)
        seen = judge.condition.read(logits)
        result[name] = {
            "agreement": rounded(cg.agreement(FACES, asked, seen)._asdict()),
            "frechet_distance": rounded(frechet_distance(judge.reference, moments(features))),
            "combinations": {pair: combinations(asked, seen, *PAIRS[pair]) for pair in PAIRS},
            "moves": rounded(moves(gan, judge, seed)),
        }
    result["aged"] = rounded(aged(gan, seed))
    keras.backend.clear_session()
    return result


def combinations(asked: np.ndarray, seen: np.ndarray, i: int, j: int) -> dict:
    """Give for each of four combinations, "10" for the first asked for alone, what is seen.

    count: of the requests. both: the share with both seen as asked, of a continuous attribute on
    the same side of one half. seen: the means of both readings.
    """
    right = ((asked > 0.5) == (seen > 0.5))[:, [i, j]].all(axis=1)
    result = {}
    for first in (0, 1):
        for second in (0, 1):
            mine = ((asked[:, i] > 0.5) == first) & ((asked[:, j] > 0.5) == second)
            result[f"{first}{second}"] = {
                "count": int(mine.sum()),
                "both": rounded(right[mine].mean()),
                "seen": rounded(seen[mine][:, [i, j]].mean(axis=0)),
            }
    return result


def moves(gan, judge: cg.Judge, seed: int) -> np.ndarray:
    """Give how each reading moves, (7, 7), as each attribute in turn goes from 0 to 1.

    A row for each attribute moved, a column for each reading: the mean of its change, on SAMPLES
    faces whose noise and other attributes stay.
    """
    rows = judge.reference.labels[:SAMPLES]
    result = []
    for i in range(FACES.width):
        low, high = (np.where(np.arange(FACES.width) == i, value, rows) for value in (0, 1))
        seen = [judge.probabilities(gan.generate(rows_for(gan, x), seed)) for x in (low, high)]
        result.append((seen[1] - seen[0]).mean(axis=0))
    return np.array(result)


def aged(gan, seed: int) -> dict[str, float]:
    """Give how far pixels move, on average, as a face gets gray, and from one noise to another.

    Distances are means of |difference|, of SAMPLES pairs of faces with the same other attributes.
    """
    rows = cg.Judge("faces").reference.labels[:SAMPLES]
    dark, gray = (np.where(np.arange(FACES.width) == GRAY, x, rows) for x in (0, 1))
    young, old, other = (
        gan.generate(rows_for(gan, x), s) for x, s in ((dark, seed), (gray, seed), (dark, seed + 1))
    )
    return {"same_noise": abs(old - young).mean(), "other_noise": abs(other - young).mean()}


def rounded(value):
    if isinstance(value, dict):
        return {name: rounded(x) for name, x in value.items()}
    return np.round(np.float64(value), 4).tolist()


def open_log() -> common.Log:
    return common.Log(
        "attributes",
        SHIPPED,
        command="python benchmarks/attributes.py",
        data="the 8,000 embedded training faces, or some of them",
        samples=2_000,
        names=FACES.names,
        settings={"recipe": "quick", "steps": STEPS, "tie": TIE, "bins": BINS},
        floors={name: cg.Judge(name).reference.floors[2_000] for name in JUDGES},
    )


def main() -> None:
    common.parser(__doc__).parse_args()
    log = open_log()
    variants = ["all", "no glasses with beards", "glasses tied to gray"]
    variants += ["glasses tied to gray, drawn evenly", "in bins"]
    for seed in SEEDS:
        for data in variants:
            log.run("runs", {"data": data, "seed": seed}, train_and_measure)


if __name__ == "__main__":
    main()
