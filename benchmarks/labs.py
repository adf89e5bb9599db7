"""What notebooks 08 and 09 draw, and what lies beside `quick` in BENCHMARKS.md: before and after.

    python benchmarks/labs.py --prepare labs.npz mnist.npz    # times steps: some minutes, one core
    python benchmarks/torch_labs.py labs.npz labs.jsonl       # the runs; it says how, and on what
    python benchmarks/labs.py --store labs.npz labs.jsonl     # into the logs
    python benchmarks/labs.py --store-search search.jsonl     # what `torch_search.py` writes

`torch_labs.py` needs NumPy and PyTorch only. So --prepare writes what it takes from the package:
images, the judges' weights, and the seconds that a step of each way takes on one core, in turns,
which say how many steps each gets for the same computing time. "Seconds" are those of the process's
own CPU time, which hardly depends on what else the machine does.
"""

import json
import time
from dataclasses import asdict, replace
from pathlib import Path

import cgan_utils as cg  # first: it imports TensorFlow without its log

# isort: split
import numpy as np
import tensorflow as tf

import common
import conditioning
from cgan_utils.files import SHIPPED, load_weights
from cgan_utils.judge import JUDGES

QUICK = cg.RECIPES["quick"]
GRADIENT = cg.Penalty("gradient", 10.0)
# beta_2 as in Gulrajani et al. 2017; the learning rate comes from trials.
WGAN_GP = replace(QUICK, game="wasserstein", penalty=GRADIENT, beta_2=0.9)
GAMES = {
    "quick recipe": QUICK,
    "quick recipe, no pairs": replace(QUICK, mismatched_weight=0.0),
    "WGAN-GP": replace(WGAN_GP, critic_steps=5, mismatched_weight=0.0),
    "WGAN-GP, 1 critic step": replace(WGAN_GP, mismatched_weight=0.0),
    "WGAN-GP with pairs": replace(WGAN_GP, critic_steps=5),
    "lazy R1": replace(QUICK, penalty=cg.Penalty("r1", 0.1, every=16)),
}
TIMED_ONLY = {"R1 at every step": replace(QUICK, penalty=cg.Penalty("r1", 0.1))}
WAYS = {
    (way, w): replace(recipe, mismatched_weight=w)
    for way, recipe in cg.WAYS.items()
    for w in sorted({0.0, recipe.mismatched_weight})
}
SHARED_SETTINGS = ("batch_size", "learning_rate", "decay", "beta_1", "beta_2", "ema_decay")
RARE_CLASS = 6  # of noise and blends, neither judge takes much for a 6


def measure_times(recipes: dict, rounds: int = 4, steps: int = 80) -> dict:
    """Give the seconds a step: medians over rounds in turns, each of whole cycles of penalties."""
    data = cg.load_images("mnist", "train")
    models = {name: recipe.build(data, steps=1_000) for name, recipe in recipes.items()}
    batches = {name: recipe.batches(data).repeat() for name, recipe in recipes.items()}
    taken = {name: [] for name in models}
    for turn in range(rounds + 1):
        for name, gan in models.items():
            start = time.process_time()
            gan.fit(batches[name], steps_per_epoch=steps // recipes[name].critic_steps, verbose=0)
            if turn:  # the first builds the graph
                taken[name].append((time.process_time() - start) / steps)
    return {name: round(float(np.median(seconds)), 5) for name, seconds in taken.items()}


def weights_of(name: str) -> dict[str, np.ndarray]:
    """Give a judge's weights in PyTorch's order of axes, by judge, layer and weight."""
    arrays, network = {}, JUDGES[name](10, (28, 28, 1))
    load_weights(network, f"judge_{name}")
    for layer in network.layers:
        weights = layer.get_weights()
        if not weights:
            continue
        if layer.name.startswith("norm"):
            names = "weight", "bias", "running_mean", "running_var"
        else:
            names = "weight", "bias"
            weights[0] = weights[0].transpose((1, 0) if weights[0].ndim == 2 else (3, 2, 0, 1))
        for part, weight in zip(names, weights, strict=False):
            arrays[f"{name}/{layer.name}/{part}"] = weight
    return arrays


def prepare(path: Path, source: str) -> None:
    """Write what torch_labs.py reads."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    times = measure_times(GAMES | TIMED_ONLY | WAYS)
    seconds = {
        "wasserstein": {way: times[way] for way in GAMES | TIMED_ONLY},
        "conditioning": [[*way, times[way]] for way in WAYS],
    }
    card = {"seconds": seconds, "rare_class": RARE_CLASS, "machine": common.machine(cores=1)}
    arrays = {"card": json.dumps(card)}
    for name, split, where in (
        ("train", "train", source),
        ("test", "test", source),
        ("sample", "train", "sample"),
    ):
        data = cg.load_images("mnist", split, where)
        arrays[f"{name}_images"] = np.round(255 * data.images[..., 0]).astype(np.uint8)
        arrays[f"{name}_labels"] = data.labels.astype(np.uint8)
    for samples in (2_000, 5_000):  # as common.asked_labels draws them
        rng = np.random.default_rng(0)
        arrays[f"chosen_{samples}"] = rng.choice(10_000, samples, replace=False)
    for name in common.JUDGES:
        arrays |= weights_of(name)
    np.savez_compressed(path, **arrays)


def settings_of(recipe: cg.Recipe) -> dict:
    """Give what of a recipe is not as in the quick one."""
    quick = asdict(QUICK)
    return {name: value for name, value in asdict(recipe).items() if value != quick[name]}


def chosen_rates(lines: list[dict], log: str) -> dict[str, float]:
    """Give the rate of each way whose trials had the least mean distance, times the recipe's."""
    found = {}
    for line in lines:
        if (line["log"], line["table"]) == (log, "trials"):
            rates = found.setdefault(line["way"], {})
            rates.setdefault(line["rate"], []).append(line["frechet_distance"])
    return {way: min(rates, key=lambda rate: np.mean(rates[rate])) for way, rates in found.items()}


def open_logs(prepared: Path, lines: list[dict]) -> dict[str, common.Log]:
    """Give the logs by name, with cards of what their runs depend on."""
    with np.load(prepared) as file:
        card = json.loads(str(file["card"]))
    (ran,) = (line for line in lines if line["table"] == "card")
    shared = {
        "command": "python benchmarks/torch_labs.py",
        "machine": ran["device"],
        "versions": {"torch": ran["torch"]},
        "data": "the 4,000 training digits of the embedded sample",
    }
    floors = ran["floors"]
    wasserstein = common.Log(
        "wasserstein",
        SHIPPED,
        **shared,
        timed_on=card["machine"],
        samples=2_000,
        floors=floors["2000"],
        learning_rate=QUICK.learning_rate,
        seconds_a_step=card["seconds"]["wasserstein"],
        budget_steps=800,
        settings={way: settings_of(recipe) for way, recipe in GAMES.items()},
        tuned=chosen_rates(lines, "wasserstein"),
    )
    ways = conditioning.open_log(
        **shared,
        timed_on=card["machine"],
        samples=5_000,
        floors=floors["5000"],
        rare_class=RARE_CLASS,
        settings={"steps": 750, **{name: getattr(QUICK, name) for name in SHARED_SETTINGS}},
    )
    outside = common.Log("outside", **shared, floors=floors["5000"], milliseconds=ran["outside_ms"])
    ablations = common.Log("ablations", **shared, floors=floors["5000"])
    if not ways.table("speed"):
        for way, weight, cost in card["seconds"]["conditioning"]:
            ways.append("speed", {"way": way, "mismatched_weight": weight, "seconds_a_step": cost})
    logs = {"wasserstein": wasserstein, "conditioning": ways}
    return logs | {"outside": outside, "ablations": ablations}


def store(prepared: Path, path: Path) -> None:
    """Put the lines into the logs that do not hold them."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    logs = open_logs(prepared, lines)
    for line in sorted(lines, key=lambda line: (line["table"] != "trials", line.get("seed", 0))):
        if line["table"] != "card":
            log, table = logs[line["log"]], line["table"]
            entry = {key: x for key, x in line.items() if key not in ("log", "table")}
            if line.get("data", "sample") != "rare class":
                entry = without_classes(entry)  # a class is looked at where one is rare
            if not log.holds(table, entry):
                log.append(table, entry)


def store_search(path: Path) -> None:
    """Put the lines of a search into its log, unless it holds them."""
    card, *lines = map(json.loads, path.read_text("utf-8").splitlines())
    log = common.Log(
        "search",
        command="python benchmarks/torch_search.py",
        machine=card["device"],
        versions={"torch": card["torch"]},
        data="all of MNIST; trials: its first 50,000 training digits, judged by the last 10,000",
        samples=10_000,
        real=without_classes(card["real"]),
    )
    for line in sorted(lines, key=lambda line: (line["table"] != "trials", line["within"])):
        entry = {key: x for key, x in line.items() if key not in ("log", "table")}
        entry = without_classes(entry)
        if not log.holds(line["table"], entry):
            log.append(line["table"], entry)


def without_classes(entry: dict) -> dict:
    """Give an entry whose judges say nothing class by class."""
    return {
        name: {k: x for k, x in found.items() if "by_class" not in k}
        if name in (*common.JUDGES, "tuning")
        else found
        for name, found in entry.items()
    }


def main() -> None:
    options = common.parser(__doc__)
    options.add_argument("--prepare", nargs=2, metavar=("NPZ", "MNIST"))
    options.add_argument("--store", nargs=2, type=Path, metavar=("NPZ", "LINES"))
    options.add_argument("--store-search", type=Path, metavar="LINES")
    options = options.parse_args()
    if options.prepare:
        prepare(Path(options.prepare[0]), options.prepare[1])
    if options.store:
        store(*options.store)
    if options.store_search:
        store_search(options.store_search)


if __name__ == "__main__":
    main()
