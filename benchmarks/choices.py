"""The constants of the quick recipe and of the generators we ship, chosen by a judge of their own.

    python benchmarks/choices.py mnist                        # about two hours and a half
    python benchmarks/choices.py fashion_mnist fashion.npz    # the same from a file
    python benchmarks/choices.py mnist --only spread          # only variants with this in the name

The development judge learns from the first 50,000 training images, as the generators do here, and
takes the last 10,000 for its reference. So neither the judges that the package ships nor the test
images have a part in any choice. The judge is trained first, into results/, and not committed.
"""

import time
from dataclasses import replace

import cgan_utils as cg  # first: it imports TensorFlow without its log

# isort: split
import keras
import numpy as np

import common
from cgan_utils.judge import build_judge
from cgan_utils.metrics import frechet_distance, moments

QUICK, PATIENT = cg.RECIPES["quick"], cg.RECIPES["patient"]
LARGE = replace(QUICK, batch_size=64)
SPREAD = replace(LARGE, build_discriminator=PATIENT.build_discriminator)
# 12 s on two cores; 54 s, as in the notebooks; 5 epochs of 50,000 in batches of 64
QUICK_STEPS, MINUTE_STEPS, LONG_STEPS = 420, 2_000, 5 * 50_000 // 64
# 8 s and 14 s of steps alone on two cores, and as many of each variant as take as long
SPRINT_STEPS = {8: 300, 14: 550}
PENALTY_COST = 0.64  # of a step, each time that R1 is due
AHEAD = (
    "quick",
    "γ 1 every 4, rate 0.006, mismatched 0.65",
    "γ 1 every 8, rate 0.006, mismatched 0.8",
    "γ 1 every 16, rate 0.006, mismatched 0.65",
    "γ 0.3 every 16, rate 0.006, mismatched 0.65",
)
NOISE_WIDTHS = (0.95, 1, 1.05, 1.1)  # drawn from after training; in it, always 1


def sprints() -> dict[str, tuple[cg.Recipe, int, int]]:
    """Give quick with a strong lazy R1 and other constants, for 8 s; for 14 s those ahead."""
    recipes = {"quick": QUICK}
    for weight, every, rate, mismatched in (
        (1, 4, 6e-3, 0.65),
        (0.3, 4, 6e-3, 0.65),
        (3, 4, 6e-3, 0.65),
        (1, 2, 6e-3, 0.65),
        (1, 8, 6e-3, 0.65),
        (1, 16, 6e-3, 0.65),
        (0.3, 16, 6e-3, 0.65),
        (1, 4, 3e-3, 0.65),
        (1, 4, 9e-3, 0.65),
        (1, 4, 6e-3, 0.5),
        (1, 4, 6e-3, 0.8),
        (1, 16, 6e-3, 0.8),
        (1, 8, 6e-3, 0.8),
        (1, 4, 6e-3, 0.9),
    ):
        settings = {"learning_rate": rate, "mismatched_weight": mismatched}
        penalty = cg.Penalty("r1", float(weight), every)
        name = f"γ {weight} every {every}, rate {rate:g}, mismatched {mismatched}"
        recipes[name] = replace(QUICK, penalty=penalty, **settings)
    found = {}
    for name, recipe in recipes.items():
        cost = 1 + PENALTY_COST / recipe.penalty.every if recipe.penalty else 1
        for seconds, steps in SPRINT_STEPS.items():
            if seconds == 8 or name in AHEAD:
                found[f"{name}, {seconds} s"] = recipe, round(steps / cost), 3
    return found


# By data set and name: recipe, steps, seeds
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
        **sprints(),
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


def load_judge(name: str, train: cg.LabeledImages) -> keras.Model:
    """Give the development judge, trained if need be: images to features (N, 128) and logits."""
    keras.utils.set_random_seed(3)
    judge = build_judge(train.condition.width, train.image_shape)
    path = common.RESULTS / f"development_judge_{name}.weights.h5"
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


def score_real(judge: keras.Model, train: cg.LabeledImages, held_out: cg.LabeledImages) -> dict:
    """Score real images for comparison: as many others, of the same labels."""
    rng, chosen = np.random.default_rng(0), []
    for label, count in enumerate(np.bincount(held_out.labels)):
        chosen.append(rng.choice(np.flatnonzero(train.labels == label), count, replace=False))
    real, logits = judge.predict(held_out.images, 500, verbose=0)
    other, _ = judge.predict(train.images[np.concatenate(chosen)], 500, verbose=0)
    accuracy = float((logits.argmax(axis=1) == held_out.labels).mean())
    return {"accuracy": accuracy, "frechet": frechet_distance(moments(real), moments(other))}


def train_and_score(judge, train, held_out, recipe: cg.Recipe, steps: int, seed: int) -> dict:
    gan = recipe.build(train, seed, steps)
    batches = train.batches(recipe.batch_size, seed).repeat()
    start = time.process_time()
    gan.fit(batches, steps_per_epoch=steps, verbose=0)
    seconds = time.process_time() - start
    real, _ = judge.predict(held_out.images, 500, verbose=0)
    result = {"cpu_ms_a_step": round(1e3 * seconds / steps)}
    for width in NOISE_WIDTHS if steps >= LONG_STEPS else (1,):
        latents = width * gan.draw_latents(len(held_out.labels), seed)
        images = gan.generate(held_out.labels, latents=latents)
        fake, logits = judge.predict(images, 500, verbose=0)
        suffix = "" if width == 1 else f", noise x {width}"
        accuracy = (logits.argmax(axis=1) == held_out.labels).mean()
        result[f"accuracy{suffix}"] = round(float(accuracy), 4)
        result[f"frechet{suffix}"] = round(frechet_distance(moments(real), moments(fake)), 4)
    return result


def main() -> None:
    options = common.parser(__doc__)
    options.add_argument("name", choices=VARIANTS)
    common.add_source(options)
    options.add_argument("--only", default="", help="a part of the names of the variants to run")
    options = options.parse_args()
    log = common.Log(
        f"choices_{options.name}",
        command=f"python benchmarks/choices.py {options.name}",
        data="the first 50,000 training images; the last 10,000 as the judge's reference",
        samples=10_000,
    )
    data = cg.load_images(options.name, "train", options.source)
    train = data.subset(slice(50_000), "the first 50,000")
    held_out = data.subset(slice(50_000, None), "the last 10,000")
    judge = load_judge(options.name, train)
    if not log.table("real"):
        log.append("real", score_real(judge, train, held_out))
    for variant, (recipe, steps, seeds) in VARIANTS[options.name].items():

        def measure(variant, steps, seed, recipe=recipe) -> dict:
            return train_and_score(judge, train, held_out, recipe, steps, seed)

        for seed in range(seeds):
            if options.only in variant:
                log.run("runs", {"variant": variant, "steps": steps, "seed": seed}, measure)


if __name__ == "__main__":
    main()
