"""How obedient is the quick recipe, and how long does it train? Three seeds on the embedded sample.

    python benchmarks/quick_accuracy.py

Prints one line a seed, then the median and the range; BENCHMARKS.md holds the last run.
"""

import time

import numpy as np

import cgan_utils as cg

digits = cg.load_images("mnist", "train")
results = []
for seed in range(3):
    start = time.perf_counter()
    gan = cg.train("quick", digits, seed=seed)
    seconds = time.perf_counter() - start
    accuracy = cg.conditional_accuracy(gan, per_class=1_000, seed=seed)
    results.append((accuracy, seconds))
    print(
        f"seed {seed}: {accuracy:.2%} of 10,000 recognized as asked, after {seconds:.0f} s of training",
        flush=True,
    )
for name, column, form in (
    ("conditional accuracy", 0, "{:.2%}"),
    ("training seconds", 1, "{:.0f}"),
):
    values = [result[column] for result in results]
    low, middle, high = (
        form.format(value) for value in (min(values), np.median(values), max(values))
    )
    print(f"{name}: median {middle}, range {low} to {high}")
