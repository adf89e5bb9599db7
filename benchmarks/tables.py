"""Write the tables of BENCHMARKS.md anew, from the logs and from the cards of what is shipped.

    make tables

A table stands between <!-- table: NAME --> and <!-- end -->; the function of this name makes it.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

import common
from cgan_utils.files import SHIPPED, load_arrays, load_card

BENCHMARKS = Path(__file__).resolve().parents[1] / "BENCHMARKS.md"
SECOND, FIRST = common.JUDGES
PLACE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def markdown(*rows: Iterable) -> str:
    """Give a table of Markdown, of which the first row is the head."""
    head, *body = ([str(cell) for cell in row] for row in rows)
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *body))


def percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


def exactly(share: float) -> str:
    return percent(share, 2)


def decimals(digits: int) -> Callable[[float], str]:
    return lambda number: f"{number:,.{digits}f}"


def spread(values: list[float], form: Callable[[float], str]) -> str:
    """Give the median of three or more numbers, with their range; fewer as they are."""
    if len(values) < 3:
        return ", ".join(map(form, values))
    return f"{form(np.median(values))} ({limits(values, form).removesuffix(' %')})"


def limits(values: list[float], form: Callable[[float], str]) -> str:
    return f"{form(min(values)).removesuffix(' %')} to {form(max(values))}"


def ceiling(judge: str) -> str:
    return exactly(load_card(f"judge_{judge}")["test_accuracy"])


def judged(found: list[dict], floors: list[dict]) -> list[str]:
    """Give, for each judge, the share recognized and the ratio of distances to real images'."""
    cells = []
    for judge in (SECOND, FIRST):
        cells.append(spread([scores[judge]["conditional_accuracy"] for scores in found], exactly))
        pairs = zip(found, floors, strict=True)
        ratios = [scores[judge]["frechet_distance"] / floor[judge] for scores, floor in pairs]
        cells.append(spread(ratios, decimals(1)))
    return cells


JUDGED = ["recognized, second judge", "Fréchet ratio", "recognized, first judge", "Fréchet ratio"]


def summary() -> str:
    """What stands at the head of the page: one row a generator, ratios to real images."""
    recipes, peers = common.Log("recipes_60000"), common.Log("peers")
    rows = [["", "trained on all of MNIST", "seeds", *JUDGED]]
    rows.append(["real digits", "", "", ceiling(SECOND), "1", ceiling(FIRST), "1"])
    floors = recipes.card["floors"]
    for peer, name in PEERS.items():
        found = [
            run for run in peers.table("runs")
            if (run["peer"], run["samples"]) == (peer, 10_000) and run["epochs"] > 5
        ]  # fmt: skip
        if peer == "quick":
            continue
        epochs = f"{found[0]['epochs']:.0f} epochs, PyTorch, GPU"
        distances = [peers.card["floors"]["10000"]] * len(found)
        rows.append([name, epochs, len(found), *judged(found, distances)])
    for recipe, seconds in (("sprint", 8), ("sprint", 14), ("quick", 60), ("patient", 120)):
        found = clocked(recipes, recipe, seconds)
        budget = f"within {seconds} s, two cores"
        rows.append([f"`{recipe}`", budget, len(found), *judged(found, [floors] * len(found))])
    scores = [s for s in common.Log("evaluation").table("scores") if s["samples"] == 10_000]
    draws = sorted({score["seed"] for score in scores})
    found = [{s["judge"]: s for s in scores if s["seed"] == seed} for seed in draws]
    distances = [{judge: s["floor"] for judge, s in one.items()} for one in found]
    rows.append(["what we ship", "`patient`, 10 epochs", "1", *judged(found, distances)])
    return markdown(*rows)


def clocked(log: common.Log, recipe: str, seconds: int) -> list[dict]:
    """Give the runs by the clock that had so many seconds."""
    wanted = {"recipe": recipe, "within": seconds}
    return [run for run in log.table("clock") if wanted.items() <= run.items()]


def clock() -> str:
    rows = [["trained on", "", "within", "`train` returned after", "steps", "seeds", *JUDGED]]
    for images in (60_000, 4_000):
        log = common.Log(f"recipes_{images}")
        for recipe, seconds in dict.fromkeys(
            (r["recipe"], r["within"]) for r in log.table("clock")
        ):
            runs = clocked(log, recipe, seconds)
            wall = spread([run["wall_seconds"] for run in runs], decimals(1))
            steps = spread([run["steps"] for run in runs], lambda steps: f"{steps:,.0f}")
            scores = judged(runs, [log.card["floors"]] * len(runs))
            rows.append([f"{images:,} digits", f"`{recipe}`", f"{seconds} s", f"{wall} s", steps,
                         len(runs), *scores])  # fmt: skip
    return markdown(*rows)


def step() -> str:
    rows = [["seed", "the step before, bare, ms", "a step in `fit`, ms", "ratio"]]
    for run in common.Log("step").table("steps"):
        times = map(decimals(1), (run["old_ms"], run["in_fit_ms"]))
        rows.append([run["seed"], *times, decimals(2)(run["ratio"])])
    return markdown(*rows)


def quick() -> str:
    log = common.Log("evaluation")
    runs = log.table("quick")
    rows = [["", *(f"seed {run['seed']}" for run in runs), "median", "real digits"]]
    for judge in (SECOND, FIRST):
        shares = [run[judge]["conditional_accuracy"] for run in runs]
        ratios = [run[judge]["frechet_distance"] / log.card["floors"][judge] for run in runs]
        for what, values, form, real in (
            ("recognized as asked", shares, exactly, ceiling(judge)),
            ("Fréchet ratio", ratios, decimals(1), "1"),
        ):
            cells = [form(value) for value in (*values, np.median(values))]
            rows.append([f"{what}, judge `{judge}`", *cells, real])
    return markdown(*rows)


def recipes() -> str:
    log = common.Log("recipes_60000")
    speed = {entry["recipe"]: entry["seconds_a_step"] for entry in log.table("speed")}
    runs = {name: [run for run in log.table("runs") if run["recipe"] == name] for name in speed}
    # By recipe and seed: what the second judge said after so many seconds
    points = {name: {run["seed"]: {} for run in runs[name]} for name in speed}
    for run in log.table("runs"):
        for point in run["points"]:
            points[run["recipe"]][run["seed"]][point["seconds"]] = point[SECOND]

    def first(name: str, goal: float) -> str:
        """After how many seconds every seed is there; nothing if there is but one measurement."""
        measured = {seconds for seed in points[name].values() for seconds in seed}
        reached = [
            min(
                (s for s, point in seed.items() if point["conditional_accuracy"] >= goal), default=0
            )
            for seed in points[name].values()
        ]
        if len(measured) == 1:
            return ""
        return spread(reached, decimals(0)) if all(reached) else f"not in {max(measured)}"

    def after(name: str, seconds: int, key: str, form: Callable) -> str:
        seeds = points[name].values()
        return spread([seed[seconds][key] for seed in seeds if seconds in seed], form)

    def times_real(distance: float) -> str:
        return decimals(1)(distance / log.card["floors"][SECOND])

    rows = [["", *speed]]
    rows.append(["milliseconds a step", *(f"{1e3 * seconds:.0f}" for seconds in speed.values())])
    for goal in (0.90, 0.95, 0.98, 0.99):
        rows.append(
            [f"seconds to {percent(goal, 0)} as asked", *(first(name, goal) for name in speed)]
        )
    for what, key, form in (
        ("recognized as asked", "conditional_accuracy", exactly),
        ("Fréchet ratio", "frechet_distance", times_real),
    ):
        for seconds in (8, 14, 60, 120, 300, 400):
            cells = [after(name, seconds, key, form) for name in speed]
            rows.append([f"{what} after {seconds} s", *cells])
    for what, key, form in (
        ("peak memory of training, MiB", "peak_memory_mib", decimals(0)),
        ("milliseconds for a row of ten digits", "ten_digits_ms", decimals(1)),
    ):
        rows.append([what, *(spread([r[key] for r in runs[name]], form) for name in speed)])
    return markdown(*rows)


PEERS = {
    "published": "`published`, right planes",
    "published_striped": "`published`, striped planes",
    "cdcgan": "cDCGAN",
    "quick": "`quick`",
}


def scores_of_peers(found: list[dict], floors: dict) -> list[str]:
    return judged(found, [floors[str(run["samples"])] for run in found])


def peers() -> str:
    """Runs of so many epochs of all of MNIST, where they ended."""
    log = common.Log("peers")
    rows = [["peer", "fakes of D and G", "epochs of training", "seeds", *JUDGED]]
    runs = [r for r in log.table("runs") if r["of_epochs"] and r["training_images"] == 60_000]
    ends = [run for run in runs if run["samples"] == 10_000]
    kinds = {(run["peer"], run["one_draw"], run["of_epochs"], run["epochs"]) for run in ends}
    for kind in sorted(kinds, key=lambda kind: (list(PEERS).index(kind[0]), kind[2], kind[1])):
        peer, one_draw, of_epochs, epochs = kind
        found = [r for r in ends if (r["peer"], r["one_draw"], r["of_epochs"], r["epochs"]) == kind]
        stopped = "" if epochs >= of_epochs else f", stopped at {epochs:.1f}"
        rows.append([PEERS[peer], "the same" if one_draw else "each its own",
                     f"{of_epochs}{stopped}", len(found),
                     *scores_of_peers(found, log.card["floors"])])  # fmt: skip
    return markdown(*rows)


def peers_speed() -> str:
    rows = [
        ["recipe", "batch", "the package, ms a step", "PyTorch, ms a step", "package / PyTorch"]
    ]
    found = {}
    for entry in common.Log("peers").table("speed"):
        found.setdefault(entry["recipe"], {})[entry["maker"]] = entry
    for recipe, by in found.items():
        ours, theirs = by["package"], by["PyTorch"]
        cells = [f"{one['median_ms']:.1f} (least {one['least_ms']:.1f})" for one in (ours, theirs)]
        ratio = decimals(2)(ours["median_ms"] / theirs["median_ms"])
        rows.append([f"`{recipe}`", ours["batch_size"], *cells, ratio])
    return markdown(*rows)


def peers_published() -> str:
    log = common.Log("peers")
    rows = [["epoch", "planes", "images", *JUDGED]]
    runs = [r for r in log.table("runs") if r["of_epochs"] and r["training_images"] == 60_000]
    runs = [run for run in runs if run["peer"].startswith("published")]
    for epoch in sorted({run["epochs"] for run in runs}):
        for planes, peer in (("right", "published"), ("striped", "published_striped")):
            found = [run for run in runs if (run["epochs"], run["peer"]) == (epoch, peer)]
            rows.append([f"{epoch:.0f}", planes, f"{found[0]['samples']:,}",
                         *scores_of_peers(found, log.card["floors"])])  # fmt: skip
    return markdown(*rows)


def changed(changes: dict) -> str:
    """Say in words what a variant of the search has changed of `quick`."""
    words = {
        "penalty": lambda x: "R1, γ {1:g} every {2}".format(*x),
        "rate": lambda x: f"learning rate {x:g}",
        "d_times": lambda x: f"D's learning rate × {x:g}",
        "mismatched_weight": lambda x: f"mismatched weight {x:g}",
        "pairs_fall": lambda x: "mismatched weight falling to 0",
        "batch_size": lambda x: f"batches of {x}",
        "spread": lambda x: f"D sees the spread of a {x}",
        "large": lambda x: "larger G",
        "game": lambda x: f"{x} game",
        "betas": lambda x: "betas {:g} and {:g}".format(*x),
        "ema_decay": lambda x: f"average {x:g}",
        "latent_dim": lambda x: f"{x} latent numbers",
        "cosine": lambda x: "cosine",
    }
    return ", ".join(words[name](changes[name]) for name in words if name in changes) or "`quick`"


def of_search(table: str) -> dict[int, dict[str, list[dict]]]:
    """Give the entries of the search by seconds and changes in words."""
    found = {}
    for run in common.Log("search").table(table):
        found.setdefault(run["within"], {}).setdefault(changed(run["changes"]), []).append(run)
    return found


def search_trials(shown: int = 6) -> str:
    """Quick and the variants that were ahead: in obedience up to 14 s, then in distance."""
    real = common.Log("search").card["real"]["tuning"]
    rows = [["seconds", "variant", "steps", "seeds", "recognized as asked", "Fréchet ratio"]]
    for seconds, variants in of_search("trials").items():
        missed = "conditional_accuracy" if seconds <= 14 else "frechet_distance"
        sign = -1 if seconds <= 14 else 1

        def place(variant, of=variants, missed=missed, sign=sign) -> float:
            return sign * np.mean([run[missed] for run in of[variant]])

        order = sorted(variants, key=place)
        for variant in dict.fromkeys(["`quick`", *order[:shown]]):
            runs = variants[variant]
            asked = spread([run["conditional_accuracy"] for run in runs], exactly)
            ratios = [run["frechet_distance"] / real["frechet_distance"] for run in runs]
            of = f"{variant} ({order.index(variant) + 1} of {len(order)})"
            cells = f"{runs[0]['steps']:,}", len(runs), asked, spread(ratios, decimals(1))
            rows.append([seconds, of, *cells])
    return markdown(*rows)


def search() -> str:
    floors = common.Log("recipes_60000").card["floors"]
    rows = [["seconds", "variant", "steps", "seeds", *JUDGED]]
    for seconds, variants in sorted(of_search("reports").items()):
        for variant, runs in variants.items():
            scores = judged(runs, [floors] * len(runs))
            rows.append([seconds, variant, f"{runs[0]['steps']:,}", len(runs), *scores])
    return markdown(*rows)


def choices(name: str) -> str:
    log = common.Log(f"choices_{name}")
    (real,) = log.table("real")
    rows = [["variant", "steps", "seeds", "recognized as asked", "Fréchet ratio"]]
    rows.append(["real images", "", "", exactly(real["accuracy"]), "1"])
    for variant in dict.fromkeys(run["variant"] for run in log.table("runs")):
        runs = [run for run in log.table("runs") if run["variant"] == variant]
        accuracy = spread([run["accuracy"] for run in runs], exactly)
        ratio = spread([run["frechet"] / real["frechet"] for run in runs], decimals(1))
        rows.append([variant, f"{runs[0]['steps']:,}", len(runs), accuracy, ratio])
    return markdown(*rows)


def choices_mnist() -> str:
    return choices("mnist")


def choices_fashion_mnist() -> str:
    return choices("fashion_mnist")


def noise() -> str:
    widths = (0.95, 1, 1.05, 1.1, 1.15)
    rows = [["variant", *(f"× {width}" for width in widths)]]
    for name in ("mnist", "fashion_mnist"):
        log = common.Log(f"choices_{name}")
        (real,) = log.table("real")
        for run in log.table("runs"):
            keys = ["" if width == 1 else f", noise x {width}" for width in widths]
            cells = [
                f"{exactly(run[f'accuracy{key}'])}, {run[f'frechet{key}'] / real['frechet']:.1f}"
                if f"accuracy{key}" in run
                else ""
                for key in keys
            ]
            if sum(map(bool, cells)) > 1:
                rows.append([f"{name}: {run['variant']}", *cells])
    return markdown(*rows)


def wasserstein() -> str:
    """At the end of each run; first the rate that the trials chose, then budgets and rates."""
    log = common.Log("wasserstein", SHIPPED)
    ends = {}
    for run in log.table("runs"):
        end = {
            judge: {
                key: run[judge][key][-1] for key in ("conditional_accuracy", "frechet_distance")
            }
            for judge in (SECOND, FIRST)
        }
        key = run["way"], run["budget"], run["rate"]
        ends.setdefault(key, []).append((run["steps"][-1], end))
    floors = {judge: floor["frechet_distance"] for judge, floor in log.card["floors"].items()}
    rows = [["", "learning rate, times", "budget", "steps of D", "of G", "seeds", *JUDGED]]
    ways, tuned = list(log.card["settings"]), log.card["tuned"]
    for way, budget, rate in sorted(
        ends, key=lambda key: (ways.index(key[0]), key[1], key[2] != tuned[key[0]], key[2])
    ):
        found = ends[way, budget, rate]
        steps = found[0][0]
        of_g = steps // log.card["settings"][way].get("critic_steps", 1)
        cells = judged([end for _, end in found], [floors] * len(found))
        chosen = f"{rate:g}" + (", chosen" if rate == tuned[way] else "")
        rows.append([way, chosen, budget, f"{steps:,}", f"{of_g:,}", len(found), *cells])
    return markdown(*rows)


def ways_of(log: common.Log, **wanted) -> dict[tuple[str, bool], list[dict]]:
    """Give the runs by way and whether there are mismatched pairs, in the order of the ways."""
    ways = list(log.card["parameters"])
    found = {}
    for run in log.table("runs"):
        if wanted.items() <= run.items():
            found.setdefault((run["way"], run["pairs"]), []).append(run)
    order = {way: i for i, way in enumerate([*ways, "none, labels drawn anew"])}
    return dict(sorted(found.items(), key=lambda item: (order[item[0][0]], item[0][1])))


MEASURED = ("Fréchet ratio", "within classes", "coverage", "variety")


def measured(runs: list[dict], floors: dict[str, dict]) -> list[str]:
    """Give medians: the share recognized, and four measures, by the second judge / the first."""
    cells = []
    for key, ratio, form in (
        ("conditional_accuracy", False, percent),
        ("frechet_distance", True, decimals(1)),
        ("class_distance", True, decimals(1)),
        ("coverage", False, decimals(2)),
        ("variety", False, decimals(2)),
    ):
        both = [
            form(np.median([run[j][key] / (floors[j][key] if ratio else 1) for run in runs]))
            for j in (SECOND, FIRST)
        ]
        cells.append(" / ".join(both))
    return cells


def conditioning() -> str:
    log = common.Log("conditioning", SHIPPED)
    rows = [["", "pairs", "for", "steps", "recognized", *MEASURED]]
    for name, budget in (("steps", "steps"), ("time", "seconds"), ("longer", "long")):
        for (way, pairs), runs in ways_of(log, data="sample", budget=budget).items():
            cells = measured(runs, log.card["floors"])
            steps = f"{runs[0]['steps']:,}"
            rows.append([way, "yes" if pairs else "no", name, steps, *cells])
    return markdown(*rows)


def spoiled() -> str:
    log = common.Log("conditioning", SHIPPED)
    rows = [["", "pairs", "data", "recognized", *MEASURED, "of the rare class"]]
    for data in ("1,000 images", "20 % wrong labels", "rare class"):
        for (way, pairs), runs in ways_of(log, data=data).items():
            cells, rare = measured(runs, log.card["floors"]), ""
            if data == "rare class":
                c = log.card["rare_class"]
                rare = " / ".join(
                    percent(np.median([run[judge]["accuracy_by_class"][c] for run in runs]))
                    for judge in (SECOND, FIRST)
                )
            rows.append([way, "yes" if pairs else "no", data, *cells, rare])
    return markdown(*rows)


def ablations() -> str:
    log = common.Log("ablations")
    rows = [["", "steps", "seeds", "recognized", *MEASURED]]
    for name in dict.fromkeys(run["recipe"] for run in log.table("runs")):
        runs = [run for run in log.table("runs") if run["recipe"] == name]
        cells = measured(runs, log.card["floors"])
        rows.append([name, f"{runs[0]['steps']:,}", len(runs), *cells])
    return markdown(*rows)


def outside() -> str:
    log = common.Log("outside")
    rows = [["", "ms a step", "steps", "learning rate", "seeds", "recognized", *MEASURED]]
    for name in dict.fromkeys(run["model"] for run in log.table("runs")):
        runs = [run for run in log.table("runs") if run["model"] == name]
        rate = runs[0]["rate"] * (3e-3 if name == "quick" else 1)
        cost = decimals(1)(log.card["milliseconds"][name])
        steps = f"{runs[0]['steps']:,}"
        cells = measured(runs, log.card["floors"])
        rows.append([name, cost, steps, f"{rate:g}", len(runs), *cells])
    return markdown(*rows)


def evaluation() -> str:
    log = common.Log("evaluation")
    scores = {
        judge: [s for s in log.table("scores") if (s["judge"], s["samples"]) == (judge, 10_000)]
        for judge in (FIRST, SECOND)
    }
    first = scores[FIRST]
    rows = [["", *(f"seed {score['seed']}" for score in first), "real"]]
    for judge, found in scores.items():
        shares = [exactly(score["conditional_accuracy"]) for score in found]
        rows.append(
            [f"recognized as asked, judge `{judge}`", *shares, exactly(found[0]["ceiling"])]
        )
    for judge, found in scores.items():
        ratios = [score["frechet_distance"] / score["floor"] for score in found]
        rows.append([f"Fréchet ratio, judge `{judge}`", *map(decimals(1), ratios), "1"])
    kernel = [f"{score['kernel_distance']:.4f}" for score in first]
    rows.append(["kernel distance", *kernel, f"{first[0]['kernel_floor']:.4f}"])
    for name, real in first[0]["real"].items():
        if name != "kernel_distance":
            means = [np.mean(score["per_class"][name]) for score in first]
            rows.append(
                [f"{name}, mean of the classes", *map(decimals(2), (*means, np.mean(real)))]
            )
    seconds = [f"{score['cpu_seconds']:.1f}" for score in first]
    rows.append(["CPU seconds that `evaluate` took", *seconds, ""])
    return markdown(*rows)


def sizes() -> str:
    scores = [s for s in common.Log("evaluation").table("scores") if s["judge"] == FIRST]
    counts = sorted({score["samples"] for score in scores})
    rows = [["images", *map(decimals(0), counts)]]
    of = {count: [s for s in scores if s["samples"] == count] for count in counts}
    ratios = [np.mean([s["frechet_distance"] / s["floor"] for s in found]) for found in of.values()]
    rows.append(["Fréchet ratio", *map(decimals(1), ratios)])
    floors = [found[0]["floor"] / of[10_000][0]["floor"] for found in of.values()]
    rows.append(["… distance of real images, over that of 10,000", *map(decimals(1), floors)])
    for what, key in (("kernel distance", "kernel_distance"), ("… of real images", "kernel_floor")):
        means = [np.mean([s[key] for s in found]) for found in of.values()]
        rows.append([what, *map(decimals(4), means)])
    return markdown(*rows)


def classes() -> str:
    rows = [["class", "Fréchet ratio", "kernel distance, real", "generated"]]
    for entry in common.Log("evaluation").table("classes"):
        ratio = decimals(1)(entry["frechet_generated"] / entry["frechet_real"])
        kernel = (decimals(4)(entry[f"kernel_{of}"]) for of in ("real", "generated"))
        rows.append([entry["label"], ratio, *kernel])
    return markdown(*rows)


def memorization() -> str:
    (found,) = common.Log("evaluation").table("memorization")
    rows = [["distance to the nearest training digit", "generated", "test digits"]]
    for name in found["generated"]:
        rows.append([name, *(f"{found[side][name]:.2f}" for side in ("generated", "held_out"))])
    shares = percent(found["share"]), percent(1 - found["share"])
    rows.append(["share of pairs in which it is the nearer one", *shares])
    nearer = percent(found["fakes_nearer_to_training"])
    rows.append(
        ["nearest of 10,000 training and 10,000 test digits is a training digit", nearer, ""]
    )
    return markdown(*rows)


def pupil() -> str:
    rows = [["seed", "taught by fakes", "taught by real digits"]]
    for run in common.Log("evaluation").table("pupil"):
        rows.append([run["seed"], exactly(run["fake"]), exactly(run["real"])])
    return markdown(*rows)


def rare() -> str:
    kinds = ("poor", "repeated", "generated")
    rows = [["8s", "seed", *kinds, *(f"{kind}, all digits" for kind in kinds)]]
    for run in common.Log("evaluation").table("rare"):
        shares = [percent(run[kind][part]) for part in ("rare", "all") for kind in kinds]
        rows.append([run["count"], run["seed"], *shares])
    return markdown(*rows)


def failures() -> str:
    log = common.Log("failures", SHIPPED)
    keys = [(key, judge) for judge in (SECOND, FIRST) for key in ("accuracy", "distance")]
    heads = [head.format(judge) for judge in (SECOND, FIRST)
             for head in ("as asked, `{}`", "Fréchet / real, `{}`")]  # fmt: skip
    rows = [["run", "runs", *heads, "variety", "coverage"]]
    found = {}
    for run in log.table("runs"):
        found.setdefault(run["way"], []).append(run)
    trainings = log.table("trainings")
    found["half of the quick recipe"] = [run["draws"][0] for run in trainings]
    for way, runs in found.items():
        row = [way, len(runs)]
        for key, judge in keys:
            form = percent if key == "accuracy" else decimals(1)
            row.append(spread([run[judge][key] for run in runs], form))
        row += [spread([run[key] for run in runs], decimals(2)) for key in ("variety", "coverage")]
        rows.append(row)
    return markdown(*rows)


def widgets() -> str:
    rows = [["widget, and what an event computes", "median", "90 % within"]]
    for entry in common.Log("widgets").table("widgets"):
        numbers = [entry[f"{name}_ms"] for name in ("median", "ninety")]
        rows.append([entry["widget"], *map(decimals(1), numbers)])
    return markdown(*rows)


def shipped() -> str:
    rows = [["file", "command", "figures"]]
    for path in sorted(SHIPPED.glob("*.npz")):
        card, what = load_card(path.stem), path.stem.partition("_")[0]
        figures = ""
        if what == "judge":
            figures = f"recognizes {exactly(card['test_accuracy'])} of the test images"
        elif what == "reference":
            arrays = load_arrays(path.stem)
            size, floor = arrays["floor_sizes"][-1], arrays["floors"][-1]
            figures = f"Fréchet distance of {size:,} real training images: {floor:.3f}"
        elif what == "generator":
            figures = "; ".join(
                f"judge `{judge}`: {exactly(found['conditional_accuracy'])} as asked, "
                f"Fréchet distance {found['frechet_distance']:.3f}"
                for judge, found in card["judges"].items()
            )
        rows.append([f"`{path.stem}`", f"`{card['command']}`", figures])
    return markdown(*rows)


def attributes() -> str:
    """Of three seeds, by the judge that chose nothing."""
    log = common.Log("attributes", SHIPPED)
    rows = [["training faces", "all five right", "least of the five", "skin, correlation",
             "skin, mean error", "gray, correlation", "gray, mean error",
             f"Fréchet distance (real: {log.card['floors']['faces_second']:.2f})"]]  # fmt: skip
    for data in dict.fromkeys(run["data"] for run in log.table("runs")):
        found = [run["faces_second"] for run in log.table("runs") if run["data"] == data]
        agreements = [each["agreement"] for each in found]
        row = [data, spread([a["all_binary"] for a in agreements], percent)]
        row.append(spread([min(a["accuracy"].values()) for a in agreements], percent))
        for name in ("skin", "gray"):
            for key in ("correlation", "mean_error"):
                row.append(spread([a[key][name] for a in agreements], decimals(3)))
        row.append(spread([each["frechet_distance"] for each in found], decimals(2)))
        rows.append(row)
    return markdown(*rows)


def combinations() -> str:
    """Both attributes of a pair as asked, by the judge that chose nothing."""
    log = common.Log("attributes", SHIPPED)
    pairs = ("glasses and beard", "glasses and gray")
    names = {"00": "neither", "10": "the first", "01": "the second", "11": "both"}
    rows = [["training faces", *(f"{pair}: {name}" for pair in pairs for name in names.values())]]
    for data in dict.fromkeys(run["data"] for run in log.table("runs")):
        found = [run["faces_second"] for run in log.table("runs") if run["data"] == data]
        cells = [
            spread([each["combinations"][pair][key]["both"] for each in found], percent)
            for pair in pairs
            for key in names
        ]
        rows.append([data, *cells])
    return markdown(*rows)


def moves() -> str:
    """Means of three seeds, by the judge that chose nothing."""
    log = common.Log("attributes", SHIPPED)
    names = log.card["names"]
    rows = [["moved from 0 to 1", *names]]
    runs = [run for run in log.table("runs") if run["data"] == "all"]
    means = np.mean([run["faces_second"]["moves"] for run in runs], axis=0)
    for name, changes in zip(names, means, strict=True):
        rows.append([name, *(f"{change:+.2f}" for change in changes)])
    return markdown(*rows)


def pulls() -> str:
    """How far gray moves as glasses come on, by both judges."""
    log = common.Log("attributes", SHIPPED)
    glasses, gray = map(log.card["names"].index, ("glasses", "gray"))
    judges = tuple(log.card["floors"])[::-1]
    rows = [["training faces", *(f"by judge `{judge}`" for judge in judges)]]
    for data in dict.fromkeys(run["data"] for run in log.table("runs")):
        if data == "all" or "tied" in data:
            found = [run for run in log.table("runs") if run["data"] == data]
            pulled = [[run[judge]["moves"][glasses][gray] for run in found] for judge in judges]
            rows.append([data, *(spread(each, decimals(2)) for each in pulled)])
    return markdown(*rows)


def strokes() -> str:
    """Of three seeds; measured on the images, no judge but for the digit."""
    log = common.Log("strokes", SHIPPED)
    names, runs = log.card["names"], log.table("runs")
    rows = [["", *names]]
    for key, words in (("correlation", "correlation"), ("mean_error", "mean error")):
        rows.append([words, *(spread([r[key][name] for r in runs], decimals(3)) for name in names)])
    read = [spread([r["recognized"][judge] for r in runs], percent) for judge in common.JUDGES]
    rows.append([f"the digit recognized: second judge {read[0]}, first {read[1]}", "", "", ""])
    return markdown(*rows)


TABLES = {
    table.__name__: table
    for table in (
        summary, clock, step, quick, recipes, peers, peers_speed, peers_published, search_trials,
        search, choices_mnist, noise, choices_fashion_mnist, ablations, outside, wasserstein,
        conditioning, spoiled, attributes, combinations, moves, pulls, strokes, evaluation, sizes,
        classes, memorization, pupil, rare, failures, widgets, shipped,
    )
}  # fmt: skip


def rewrite(text: str) -> str:
    """Give a text with its tables as the logs have them.

    Raises ValueError unless each table has one place, and each place its table.
    """
    places = [name for _, name, _ in PLACE.findall(text)]
    if sorted(places) != sorted(TABLES):
        raise ValueError(
            f"the text has places for the tables {', '.join(sorted(places))}, and there are the "
            f"tables {', '.join(sorted(TABLES))}; give each of them one place."
        )
    return PLACE.sub(lambda place: f"{place[1]}{TABLES[place[2]]()}{place[3]}", text)


def main() -> None:
    BENCHMARKS.write_text(rewrite(BENCHMARKS.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
