"""How good is the shipped generator, by all measures, and the quick recipe as the notebooks run it?

    python benchmarks/evaluation.py              # about an hour
    python benchmarks/evaluation.py mnist.npz    # the same from a file

It takes all of MNIST: the shipped generator was trained on its 60,000 training images, so only
MNIST's own test images are new to it. The quick recipe learns from the embedded sample, with seeds
that had no part in choosing it; so do the generators for a rare class.
"""

import time

import numpy as np

import cgan_utils as cg
import common
from cgan_utils.metrics import frechet_distance, kernel_distance, moments, nearest

SEEDS, QUICK_SEEDS = (0, 1, 2), (10, 11, 12)
SIZES = (10_000, 5_000, 2_000, 1_000)
RARE_LABEL, RARE_COUNTS = 8, (10, 50)
SCORES = (
    "conditional_accuracy",
    "ceiling",
    "frechet_distance",
    "floor",
    "kernel_distance",
    "kernel_floor",
)
STEPS = 3_000  # of the classifiers that learn from 60,000 images


def evaluate(generator, judge: str, samples: int, seed: int) -> dict:
    judge = cg.Judge(judge)
    _ = judge.reference  # loaded before the clock starts
    start = time.process_time()
    scores = cg.evaluate(generator, samples, seed, judge)
    result = {"cpu_seconds": round(time.process_time() - start, 2)}
    for name in SCORES:
        number = getattr(scores, name)
        result[name] = number if number is None else round(number, 5)
    for name in ("per_class", "real"):
        by_class = getattr(scores, name) or {}
        result[name] = {key: np.round(values, 4).tolist() for key, values in by_class.items()}
    return result


def quick_recipe(seed: int) -> dict:
    start = time.process_time()
    gan = cg.train("quick", cg.load_images("mnist", "train"), seed=seed)
    seconds = time.process_time() - start
    return {"cpu_seconds": round(seconds, 1), **common.score(gan, seed)}


def class_by_class(generator, train: cg.LabeledImages) -> list[dict]:
    """Give both distances of each class, for as many real training images and for fakes.

    This is why a class gets a kernel distance: the floor of its Fréchet distance is high.
    """
    judge, rng = cg.Judge("mnist"), np.random.default_rng(0)
    reference = judge.reference
    real, _ = judge.look(train.images)
    fake, _ = judge.look(generator.generate(reference.labels))
    entries = []
    for label in range(10):
        mine = reference.features[reference.labels == label]
        others = real[rng.permutation(np.flatnonzero(train.labels == label))[: len(mine)]]
        entry = {"label": label}
        for name, x in (("real", others), ("generated", fake[reference.labels == label])):
            entry[f"frechet_{name}"] = round(frechet_distance(moments(mine), moments(x)), 4)
            entry[f"kernel_{name}"] = round(kernel_distance(mine, x, len(mine), 1).mean, 5)
        entries.append(entry)
    return entries


def memorization(generator, train: cg.LabeledImages, test: cg.LabeledImages) -> dict:
    """Give distances, in pixels, to the nearest of the training images.

    fakes_nearer_to_training: the share of fakes whose nearest image is a training image, among as
    many training as test images.
    """
    found = cg.memorization(generator, train, test)
    quantiles = {"least": 0, "one percent": 0.01, "median": 0.5}
    result = {"share": round(found.share, 4)}
    for name, distances in (("generated", found.fakes), ("held_out", found.held_out)):
        result[name] = {
            key: round(float(np.quantile(distances, q)), 3) for key, q in quantiles.items()
        }
    fakes, rng = generator.generate(test.labels), np.random.default_rng(0)
    some = train.images[rng.choice(len(train.labels), len(test.labels), replace=False)]
    nearer = (nearest(fakes, some)[0] < nearest(fakes, test.images)[0]).mean()
    return {**result, "fakes_nearer_to_training": round(float(nearer), 4)}


def pupil(
    generator, train: cg.LabeledImages, test: cg.LabeledImages, steps: int, seed: int
) -> dict:
    score = cg.classification_accuracy_score(generator, train, test, steps, seed)
    return {name: round(accuracy, 4) for name, accuracy in score._asdict().items()}


def rare_class(test: cg.LabeledImages, label: int, count: int, seed: int) -> dict:
    poor = cg.make_rare(cg.load_images("mnist", "train"), label, count, seed)
    gain = cg.rare_class_gain(cg.train("quick", poor, seed), poor, test, label, seed=seed)
    return {
        name: {part: round(share, 4) for part, share in recognized._asdict().items()}
        for name, recognized in gain._asdict().items()
    }


def main() -> None:
    options = common.parser(__doc__)
    common.add_source(options)
    source = options.parse_args().source
    train, test = (cg.load_images("mnist", split, source) for split in ("train", "test"))
    generator = cg.load_pretrained("mnist")
    generator.generate(range(10))  # TensorFlow's first call is slow
    log = common.Log(
        "evaluation",
        command="python benchmarks/evaluation.py",
        data="MNIST; the quick recipe and the rare class: the embedded sample",
        floors=common.floors(),
    )
    for judge, sizes in (("mnist", SIZES), ("mnist_second", SIZES[:1])):
        for samples in sizes:
            for seed in SEEDS:
                run = {"judge": judge, "samples": samples, "seed": seed}
                log.run("scores", run, lambda **run: evaluate(generator, **run))
    if not log.table("classes"):
        for entry in class_by_class(generator, train):
            log.append("classes", entry)
    log.run("memorization", {}, lambda: memorization(generator, train, test))
    for seed in SEEDS:
        run = {"steps": STEPS, "seed": seed}
        log.run("pupil", run, lambda **run: pupil(generator, train, test, **run))
    for seed in QUICK_SEEDS:
        log.run("quick", {"seed": seed}, quick_recipe)
    for count in RARE_COUNTS:
        for seed in SEEDS:
            run = {"label": RARE_LABEL, "count": count, "seed": seed}
            log.run("rare", run, lambda **run: rare_class(test, **run))


if __name__ == "__main__":
    main()
