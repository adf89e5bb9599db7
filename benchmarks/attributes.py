"""What does the quick recipe make of attributes: combinations it never saw, ties, and bins?

    python benchmarks/attributes.py    # 24 runs of a minute and a half

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
QUICK = cg.RECIPES["quick"]
BINS = {"in bins": 5, "in 129 bins": 129}  # the faces have 129 values: then a bin has one
FACES = cg.DATASETS["faces"].condition
WITHOUT_GRAY = cg.Attributes(FACES.binary, dict(FACES.continuous[:1]))
GLASSES, BEARD, GRAY = (FACES.names.index(name) for name in ("glasses", "beard", "gray"))
SAMPLES = 500  # faces of which one attribute is moved
LEVELS = np.linspace(0, 1, 21)  # at which a continuous attribute is asked for
PEOPLE, LOOKS = 25, 40  # noises for each of so many rows, to be found again when they are gray
# Two attributes each, whose four combinations are looked at one by one
PAIRS = {"glasses and beard": (GLASSES, BEARD), "glasses and gray": (GLASSES, GRAY)}
TIE = 0.9
TIED = "glasses tied to gray"
VARIANTS = (
    "all",
    "no glasses with beards",
    *BINS,
    TIED,
    f"{TIED}, drawn evenly",
    f"{TIED}, gray not named",
    f"{TIED}, gray not named, drawn evenly",
)


def choose_data(name: str, seed: int) -> cg.LabeledImages:
    """Give the training faces, all of them or what the name says."""
    data, rng = cg.load_images("faces", "train"), np.random.default_rng(seed)
    glasses, beard, gray = (data.labels[:, i] > 0.5 for i in (GLASSES, BEARD, GRAY))
    if name == "no glasses with beards":
        return data.subset(~(glasses & beard), name)
    if name in BINS:
        rows = in_bins(data.labels, BINS[name])
        return cg.LabeledImages(data.images, rows, binned(BINS[name]), name)
    if name.startswith(TIED):
        # Of the faces with glasses 9 in 10 are more gray than not, of those without, 1 in 10.
        data = data.subset((glasses == gray) | (rng.random(len(gray)) < (1 - TIE) / TIE), name)
    if name.endswith("drawn evenly"):
        kind = 2 * (data.labels[:, GLASSES] > 0.5) + (data.labels[:, GRAY] > 0.5)
        each = len(kind) // 4
        chosen = [rng.choice(np.flatnonzero(kind == k), each) for k in range(4)]
        data = data.subset(np.concatenate(chosen), name)
    if "gray not named" in name:
        return cg.LabeledImages(data.images, data.labels[:, :GRAY], WITHOUT_GRAY, name)
    return data


def binned(bins: int) -> cg.Attributes:
    """Give the condition of faces whose skin and gray are in one of so many bins each."""
    names = [f"{name} {i}" for name, _ in FACES.continuous for i in range(bins)]
    return cg.Attributes((*FACES.binary, *names))


def in_bins(rows: np.ndarray, bins: int) -> np.ndarray:
    """Give rows (N, 7) of faces with skin and gray each as one of so many bins, (N, 5 + 2 * bins).

    Bins are equally long, and the last one takes in the end of the range.
    """
    binary, continuous = np.split(rows, [len(FACES.binary)], axis=1)
    places = np.minimum((continuous * bins).astype(int), bins - 1)
    one_hot = np.eye(bins, dtype=np.float32)[places]
    return np.concatenate([binary, one_hot.reshape(len(rows), -1)], axis=1)


def rows_for(gan, rows: np.ndarray) -> np.ndarray:
    """Give rows of faces as the GAN takes them."""
    if gan.condition == FACES:
        return rows
    if gan.condition == WITHOUT_GRAY:
        return rows[:, :GRAY]
    return in_bins(rows, (gan.condition.width - len(FACES.binary)) // 2)


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
            **{key: rounded(of) for key, of in moves(gan, judge, seed).items()},
            "curves": rounded(curves(gan, judge, seed)),
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


def moves(gan, judge: cg.Judge, seed: int) -> dict[str, np.ndarray]:
    """Give how each reading moves as each attribute in turn goes from 0 to 1.

    On SAMPLES faces whose noise and other attributes stay; moves and sizes: the means of the change
    and of |change|, (7, 7), a row for each attribute moved, a column for each reading. kept: the
    share of faces, (7,), in which all binary attributes that were not moved read the same.
    """
    rows, others = judge.reference.labels[:SAMPLES], np.arange(FACES.width)
    found = {"moves": [], "sizes": [], "kept": []}
    for i in others:
        low, high = (np.where(others == i, value, rows) for value in (0, 1))
        before, after = (
            judge.probabilities(gan.generate(rows_for(gan, x), seed)) for x in (low, high)
        )
        found["moves"].append((after - before).mean(axis=0))
        found["sizes"].append(abs(after - before).mean(axis=0))
        same = (before > 0.5) == (after > 0.5)
        found["kept"].append(same[:, (others != i) & (others < len(FACES.binary))].all(1).mean())
    return {name: np.array(value) for name, value in found.items()}


def curves(gan, judge: cg.Judge, seed: int) -> dict[str, np.ndarray]:
    """Give for each continuous attribute the mean reading at each of LEVELS, of SAMPLES faces."""
    rows, result = judge.reference.labels[:SAMPLES], {}
    for name, _ in FACES.continuous:
        i = FACES.names.index(name)
        images = (
            gan.generate(rows_for(gan, np.where(np.arange(FACES.width) == i, level, rows)), seed)
            for level in LEVELS
        )
        result[name] = np.array([judge.probabilities(x)[:, i].mean() for x in images])
    return result


def aged(gan, seed: int) -> dict[str, float]:
    """Give how far a face moves as it gets gray, and whether it is still found among others.

    Of each of LOOKS rows there are PEOPLE faces, each of a noise, once without gray and once all
    gray. same_noise and other_noise: means of |difference| of pixels between a face and itself
    gray, and between it and the next one of its row. found: how often the nearest face without
    gray, by these differences, among those of its row, is that of its own noise; chance is
    1 / PEOPLE.
    """
    rows = np.repeat(cg.Judge("faces").reference.labels[:LOOKS], PEOPLE, axis=0)
    both = (np.where(np.arange(FACES.width) == GRAY, level, rows) for level in (0, 1))
    young, old = (
        gan.generate(rows_for(gan, x), seed).reshape(LOOKS, PEOPLE, -1).astype(np.float64)
        for x in both
    )
    distances = abs(old[:, :, None] - young[:, None]).mean(axis=3)
    return {
        "same_noise": abs(old - young).mean(),
        "other_noise": abs(young - np.roll(young, 1, axis=1)).mean(),
        "found": (distances.argmin(axis=2) == np.arange(PEOPLE)).mean(),
    }


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
        levels=LEVELS.round(2).tolist(),
        settings={"recipe": "quick", "steps": STEPS, "tie": TIE, "bins": BINS["in bins"]},
        floors={name: cg.Judge(name).reference.floors[2_000] for name in JUDGES},
    )


def main() -> None:
    common.parser(__doc__).parse_args()
    log = open_log()
    for seed in SEEDS:
        for data in VARIANTS:
            log.run("runs", {"data": data, "seed": seed}, train_and_measure)


if __name__ == "__main__":
    main()
