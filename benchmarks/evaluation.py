"""Evaluates the shipped generator by all measures, the slow ones too, and times `evaluate`.

    python benchmarks/evaluation.py            # the quick measures, and a rare class on the embedded sample
    python benchmarks/evaluation.py mnist.npz  # the rest too; the file is MNIST in Keras's layout

BENCHMARKS.md holds the last run. What needs the path needs all of MNIST, because the shipped
generator was trained on its 60,000 training images: only MNIST's own test images are new to it.
"""

import sys
import time

import numpy as np

import cgan_utils as cg
from cgan_utils.metrics import frechet_distance, kernel_distance, moments, nearest

SEEDS, SIZES = (0, 1, 2), (1_000, 2_000, 5_000, 10_000)
RARE_LABEL, RARE_COUNTS = 8, (10, 50)


def show(name, *columns):
    print(f"{name:<44}" + "".join(f"{column:>12}" for column in columns), flush=True)


generator = cg.load_pretrained("mnist")
judges = {name: cg.Judge(name) for name in ("mnist", "mnist_second")}
generator.generate(range(10))  # TensorFlow's first call is slow

print("\nThe shipped generator, 10,000 images, by either judge\n")
seconds, scores = [], {name: [] for name in judges}
for seed in SEEDS:
    for name, judge in judges.items():
        start = time.perf_counter()
        scores[name].append(cg.evaluate(generator, seed=seed, judge=judge))
        if judge.reference.features is not None:
            seconds.append(time.perf_counter() - start)
print(scores["mnist"][0])
print()
show("seeds", *SEEDS, "real")
for name, results in scores.items():
    accuracies = [f"{s.conditional_accuracy:.2%}" for s in results]
    show(f"recognized as asked, {name}", *accuracies, f"{results[0].ceiling:.2%}")
for name, results in scores.items():
    distances = [f"{s.frechet_distance:.3f}" for s in results]
    show(f"Fréchet distance, {name}", *distances, f"{results[0].floor:.3f}")
show("kernel distance, mnist", *(f"{s.kernel_distance:.4f}" for s in scores["mnist"]), "0")
for name, real in scores["mnist"][0].real.items():
    means = [f"{s.per_class[name].mean():.3f}" for s in scores["mnist"]]
    show(f"{name}, mean of the classes", *means, f"{real.mean():.3f}")
show("seconds that evaluate took", *(f"{s:.1f}" for s in seconds))

print(
    "\nThe same generator by number of images, mean of the seeds: which distance depends on it?\n"
)
show("images", *(f"{size:,}" for size in SIZES))
by_size = [
    [cg.evaluate(generator, size, seed, judges["mnist"]) for seed in SEEDS] for size in SIZES
]
for name, form in (("frechet_distance", ".3f"), ("floor", ".3f"), ("kernel_distance", ".4f")):
    show(name, *(f"{np.mean([getattr(s, name) for s in row]):{form}}" for row in by_size))


def rare_class(train, test):
    print(
        f"\nA rare class: share of the test images of digit {RARE_LABEL} recognized, and of all\n"
    )
    show("images of it, seed", "poor", "repeated", "generated", "poor", "repeated", "generated")
    for count in RARE_COUNTS:
        for seed in SEEDS:
            poor = cg.make_rare(train, RARE_LABEL, count, seed)
            gain = cg.rare_class_gain(
                cg.train("quick", poor, seed), poor, test, RARE_LABEL, seed=seed
            )
            shares = [recognized[i] for i in (0, 1) for recognized in gain]
            show(f"{count}, {seed}", *(f"{share:.1%}" for share in shares))


sample = cg.load_images("mnist", "train")
if len(sys.argv) < 2:
    rare_class(sample, cg.load_images("mnist", "test"))
    sys.exit()

train, test = (cg.load_images("mnist", split, source=sys.argv[1]) for split in ("train", "test"))

print("\nWhy the classes get a kernel distance: the floor of the Fréchet distance of one class\n")
judge, rng = judges["mnist"], np.random.default_rng(0)
reference = judge.reference
real, _ = judge.look(train.images)
fake, _ = judge.look(generator.generate(reference.labels))
show("class", "real", "generated", "KID: real", "generated")
for label in range(10):
    mine = reference.features[reference.labels == label]
    both = real[rng.permutation(np.flatnonzero(train.labels == label))[: len(mine)]]
    both = both, fake[reference.labels == label]
    frechet = [f"{frechet_distance(moments(mine), moments(x)):.3f}" for x in both]
    kernel = [f"{kernel_distance(mine, x, len(mine), 1).mean:.4f}" for x in both]
    show(label, *frechet, *kernel)

print(
    "\nMemorization: nearest of 60,000 training images, in pixels; 10,000 generated, 10,000 test\n"
)
start = time.perf_counter()
found = cg.memorization(generator, train, test)
spent = time.perf_counter() - start
show("share of pairs in which the fake is nearer", f"{found.share:.3f}")
for name, distances in (("generated", found.fakes), ("held out", found.held_out)):
    quantiles = np.quantile(distances, (0, 0.01, 0.5))
    show(f"{name}: least, 1 %, median distance", *(f"{q:.2f}" for q in quantiles))
fakes = generator.generate(test.labels)
some = train.images[rng.choice(len(train.labels), len(test.labels), replace=False)]
nearer = (nearest(fakes, some)[0] < nearest(fakes, test.images)[0]).mean()
show("fakes nearer to 10,000 training than test images", f"{nearer:.3f}")
show("seconds", f"{spent:.0f}")

print("\nA classifier trained on 60,000 images, tested on the 10,000 test images, 3,000 steps\n")
show("seed", "fakes", "real", "seconds")
for seed in SEEDS:
    start = time.perf_counter()
    score = cg.classification_accuracy_score(generator, train, test, 3_000, seed)
    spent = time.perf_counter() - start
    show(seed, *(f"{accuracy:.2%}" for accuracy in score), f"{spent:.0f}")

rare_class(sample, test)
