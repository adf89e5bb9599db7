"""How good is the quick recipe, as the notebooks run it? Three seeds on the embedded sample.

    python benchmarks/quick_accuracy.py

The seeds had no part in choosing the recipe, and the second judge had none either. Prints a line a
seed and judge, then medians and ranges; BENCHMARKS.md holds the last run.
"""

import time

import numpy as np

import cgan_utils as cg

SEEDS, JUDGES = (10, 11, 12), ("mnist_second", "mnist")

digits = cg.load_images("mnist", "train")
seconds, results = [], {judge: [] for judge in JUDGES}
for seed in SEEDS:
    start = time.perf_counter()
    gan = cg.train("quick", digits, seed=seed)
    seconds.append(time.perf_counter() - start)
    for judge in JUDGES:
        scores = cg.evaluate(gan, seed=seed, judge=judge)
        results[judge].append((scores.conditional_accuracy, scores.frechet_distance))
        print(
            f"seed {seed}, {seconds[-1]:.0f} s of training, {judge}: "
            f"{scores.conditional_accuracy:.2%} of 10,000 recognized as asked, "
            f"Fréchet distance {scores.frechet_distance:.3f} (real: {scores.floor:.3f})",
            flush=True,
        )


def spread(values, form):
    low, middle, high = (f"{f(values):{form}}" for f in (min, np.median, max))
    return f"median {middle}, range {low} to {high}"


print("training seconds:", spread(seconds, ".0f"))
for judge, pairs in results.items():
    accuracies, distances = zip(*pairs, strict=True)
    print(f"{judge}: conditional accuracy {spread(accuracies, '.2%')}")
    print(f"{judge}: Fréchet distance {spread(distances, '.3f')}")
