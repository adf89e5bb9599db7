"""The constants of the quick recipe and of the generators we ship, chosen by a judge of their own.

    python benchmarks/choices.py mnist                        # data from Keras's cache or download
    python benchmarks/choices.py fashion_mnist fashion.npz    # from a file in Keras's layout
    python benchmarks/choices.py mnist mnist.npz spread       # only variants with this in the name

The development judge learns from the first 50,000 training images, as the generators do here, and
takes the last 10,000 for its reference. So neither the judges that the package ships nor the test
images have a part in any choice. The judge is trained first, into results/, and not committed. A
run that is already in results/choices_NAME.jsonl is not repeated.
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

import cgan_utils as cg
from cgan_utils.judge import build_judge
from cgan_utils.metrics import frechet_distance, moments
from cgan_utils.recipes import untrained
from patient import PATIENT

RESULTS = Path(__file__).parent / "results"
QUICK = cg.RECIPES["quick"]
LARGE = replace(QUICK, batch_size=64)
SPREAD = replace(LARGE, build_discriminator=PATIENT.build_discriminator)
# 12 s on two cores; 54 s, as in the notebooks; 5 epochs of 50,000 in batches of 64
QUICK_STEPS, MINUTE_STEPS, LONG_STEPS = 420, 2_000, 5 * 50_000 // 64
NOISE_WIDTHS = (0.95, 1, 1.05, 1.1)  # drawn from after training; in it, always 1
# Data set, name: recipe; steps; seeds.
VARIANTS = {
    "mnist": {
        "quick": (QUICK, QUICK_STEPS, 3),
        "quick, learning rate 2e-3": (replace(QUICK, learning_rate=2e-3), QUICK_STEPS, 3),
        "quick, learning rate 4e-3": (replace(QUICK, learning_rate=4e-3), QUICK_STEPS, 3),
        "quick, beta 0.5 and 0.99": (replace(QUICK, beta_1=0.5, beta_2=0.99), QUICK_STEPS, 3),
        "quick, batches of 64": (LARGE, QUICK_STEPS * 32 // 64, 3),
        "quick, mismatched weight 0.25": (replace(QUICK, mismatched_weight=0.25), QUICK_STEPS, 3),
        "quick, mismatched weight 0": (replace(QUICK, mismatched_weight=0.0), QUICK_STEPS, 3),
        "a minute": (QUICK, MINUTE_STEPS, 2),
        "a minute, learning rate 4e-3": (replace(QUICK, learning_rate=4e-3), MINUTE_STEPS, 2),
        "long": (LARGE, LONG_STEPS, 1),
        "long, 10 epochs": (LARGE, 2 * LONG_STEPS, 1),
        "long, class spread, 10 epochs": (SPREAD, 2 * LONG_STEPS, 1),
        "long, class spread, R1, larger G, 10 epochs": (PATIENT, 2 * LONG_STEPS, 1),
    },
    "fashion_mnist": {
        "long": (LARGE, LONG_STEPS, 1),
        "long, mismatched weight 0": (replace(LARGE, mismatched_weight=0.0), LONG_STEPS, 1),
        "long, mismatched weight 0, class spread": (
            replace(SPREAD, mismatched_weight=0.0),
            LONG_STEPS,
            1,
        ),
        "long, mismatched weight 0, class spread, R1, larger G": (
            replace(PATIENT, mismatched_weight=0.0),
            LONG_STEPS,
            1,
        ),
    },
}


def split(name: str, source: str) -> list[cg.LabeledImages]:
    data = cg.load_images(name, "train", source)
    parts = (slice(0, 50_000), slice(50_000, None))
    return [replace(data, images=data.images[p], labels=data.labels[p]) for p in parts]


def load_judge(name: str, train: cg.LabeledImages) -> keras.Model:
    """The development judge: images to features (N, 128) and logits (N, 10)."""
    keras.utils.set_random_seed(3)
    judge = build_judge()
    path = RESULTS / f"development_judge_{name}.weights.h5"
    if path.exists():
        judge.load_weights(path)
    else:
        epochs, shift = 8, keras.layers.RandomTranslation(0.08, 0.08, "constant")
        batches = train.batches(128, seed=3).map(lambda x, y: (shift(x, training=True), y))
        schedule = keras.optimizers.schedules.CosineDecay(3e-3, epochs * len(batches))
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        judge.compile(keras.optimizers.Adam(schedule), loss, metrics=["accuracy"])
        judge.fit(batches, epochs=epochs, verbose=2, shuffle=False)
        judge.save_weights(path)
    return keras.Model(judge.input, [judge.get_layer("features").output, judge.output])


def train_and_score(judge, train, held_out, settings, steps: int, seed: int) -> dict:
    gan = untrained(settings, seed, steps)
    batches = train.batches(settings.batch_size, seed).repeat()
    start = time.process_time()
    gan.fit(batches, steps_per_epoch=steps, verbose=0)
    seconds = time.process_time() - start
    real, _ = judge.predict(held_out.images, 500, verbose=0)
    result = {"cpu_ms_a_step": round(1e3 * seconds / steps)}
    for width in NOISE_WIDTHS:
        latents = width * gan.draw_latents(len(held_out.labels), seed)
        images = gan.generate(held_out.labels, latents=latents)
        fake, logits = judge.predict(images, 500, verbose=0)
        suffix = "" if width == 1 else f", noise x {width}"
        accuracy = (logits.argmax(axis=1) == held_out.labels).mean()
        result[f"accuracy{suffix}"] = round(float(accuracy), 4)
        result[f"frechet{suffix}"] = round(frechet_distance(moments(real), moments(fake)), 4)
    return result


def main():
    arguments = dict(enumerate(sys.argv))
    name, source, part = sys.argv[1], arguments.get(2, "full"), arguments.get(3, "")
    train, held_out = split(name, source)
    judge = load_judge(name, train)
    log = RESULTS / f"choices_{name}.jsonl"
    done = (
        [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
    )
    if not done:  # what real images give, for comparison: as many others, of the same labels
        rng, chosen = np.random.default_rng(0), []
        for label, count in enumerate(np.bincount(held_out.labels)):
            chosen.append(rng.choice(np.flatnonzero(train.labels == label), count, replace=False))
        real, logits = judge.predict(held_out.images, 500, verbose=0)
        other, _ = judge.predict(train.images[np.concatenate(chosen)], 500, verbose=0)
        accuracy = float((logits.argmax(axis=1) == held_out.labels).mean())
        distance = frechet_distance(moments(real), moments(other))
        done.append({"variant": "real images", "accuracy": accuracy, "frechet": distance})
        log.write_text(json.dumps(done[0]) + "\n", "utf-8")
    for variant, (settings, steps, seeds) in VARIANTS[name].items():
        for seed in range(seeds):
            run = {"variant": variant, "steps": steps, "seed": seed}
            if part not in variant or any(run.items() <= entry.items() for entry in done):
                continue
            run |= train_and_score(judge, train, held_out, settings, steps, seed)
            print(run, flush=True)
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(run) + "\n")


if __name__ == "__main__":
    main()
