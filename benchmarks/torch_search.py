"""A search for a recipe that is sooner near real digits than `quick`, in PyTorch on a GPU.

    python benchmarks/torch_search.py labs.npz search.jsonl --device cuda --processes 8
    python benchmarks/labs.py --store-search search.jsonl     # with the package: into the log

labs.npz is what `labs.py --prepare` writes. Every variant is `quick` with some changes, and gets as
many steps as take as long as those of quick that fitted into so many seconds when the table of
recipes was made; the costs below say how long a step of it takes. Trials learn from the first
50,000 training digits; the last 10,000 are the reference of a perceptron, which reports nothing.
What was ahead there, and what a reader would ask for, then learns from all 60,000 with eight other
seeds (three for 600 s), before both judges.
"""

import argparse
import gc
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import torch_labs
from torch_gans import CLASSES, QuickGenerator, batch_norm, like_keras, maps
from torch_labs import Job, Player, Recipe, World, shared, write

BUDGETS = {8: 252, 14: 470, 60: 2_148, 120: 4_340, 600: 21_700}  # seconds: steps of quick
TRIAL_SEEDS, SEEDS, FEW_SEEDS = range(200, 203), range(8), range(3)
# Of a step, beside one of quick: by the batch, and what else multiplies it
# (the spread's as if the look of two convolutions were shared, which patient's D does not do)
BATCH_COSTS = {8: 0.6, 16: 0.74, 24: 0.87, 32: 1, 48: 1.42, 64: 1.84}
LARGE_COST, SPREAD_COSTS, PATIENT_COST = 1.3, {"batch": 1.05, "class": 1.15}, 2.6
PENALTY_COST = 0.64  # of a step, each time that the penalty is due


@dataclass(frozen=True)
class Variant(Recipe):
    """A recipe with more to change than the package has.

    spread: D's last convolution sees how different the images of a "batch" or of a "class" are.
    large: G has patient's layer at full size. pairs_fall: the weight of mismatched pairs falls to
    zero. d_times: D's learning rate, times the recipe's.
    """

    spread: str = ""
    large: bool = False
    pairs_fall: bool = False
    d_times: float = 1.0
    cosine: bool = False
    latent_dim: int = 64

    def cost(self) -> float:
        if self.large and self.spread and self.batch_size == 64:
            return PATIENT_COST  # its D looks at real images twice
        cost = BATCH_COSTS[self.batch_size] * SPREAD_COSTS.get(self.spread, 1)
        cost *= (LARGE_COST if self.large else 1) * (1 if self.mismatched_weight else 0.98)
        return cost * (1 + PENALTY_COST / self.penalty[2] if self.penalty else 1)


R1, LAZY = ("r1", 0.1, 16), {"penalty": ("r1", 0.1, 16)}
PATIENT = {**LAZY, "large": True, "spread": "class", "batch_size": 64}
PAIRS = {**LAZY, "game": "relativistic"}


def every(**values) -> list[dict]:
    """Give changes for all combinations of the values."""
    return [dict(zip(values, some, strict=True)) for some in product(*values.values())]


def first_look() -> list[dict]:
    """Give changes of one thing at a time, and of some that belong together."""
    rates = (4.5e-3, 6e-3, 9e-3)
    return [
        {},
        *every(batch_size=(8, 16, 24, 48, 64)),
        *(
            {"batch_size": size, "rate": rate}
            for size, rate in ((16, 4.5e-3), (16, 2.1e-3), (48, 4.5e-3))
        ),
        *every(rate=rates),
        *every(d_times=(0.5, 0.7, 1.5, 2), rate=(3e-3, 6e-3)),
        *every(mismatched_weight=(0.0, 0.25, 0.35, 0.65, 0.75)),
        *every(mismatched_weight=(0.5, 0.75), pairs_fall=(True,)),
        *every(ema_decay=(0.0, 0.9, 0.95, 0.98, 0.995)),
        *every(cosine=(True,), rate=(3e-3, 4.5e-3)),
        *every(betas=((0.0, 0.9), (0.0, 0.99), (0.3, 0.95), (0.0, 0.98))),
        *every(latent_dim=(16, 32, 128)),
        *every(game=("hinge", "relativistic")),
        *every(game=("hinge", "relativistic"), penalty=(R1,), rate=(3e-3, 6e-3)),
        *every(
            penalty=[("r1", weight, 16) for weight in (0.03, 0.1, 0.3, 1.0)],
            rate=(3e-3, 6e-3, 9e-3),
        ),
        *every(penalty=(("r1", 0.1, 8), ("r1", 0.1, 4)), rate=(6e-3,)),
        *every(
            spread=("batch", "class"), batch_size=(32, 64), penalty=(None, R1), rate=(3e-3, 6e-3)
        ),
        *every(large=(True,), penalty=(None, R1)),
        *(
            {**LAZY, "rate": 6e-3, **more}
            for more in ({"large": True}, {"pairs_fall": True}, {"mismatched_weight": 0.25})
        ),
        *every(batch_size=(16,), penalty=(R1,), rate=(3e-3, 4.5e-3)),
        *({**PATIENT, "batch_size": 32, **more} for more in ({}, {"rate": 6e-3})),
    ]


def with_penalty() -> list[dict]:
    """Give changes beside lazy R1, which was ahead after 60 s."""
    beside = [
        {},
        *every(rate=(2.1e-3, 4.5e-3)),
        *every(d_times=(0.5, 0.7)),
        *every(mismatched_weight=(0.25, 0.35)),
        *every(mismatched_weight=(0.5, 0.75), pairs_fall=(True,)),
        *every(penalty=(("r1", 0.05, 16), ("r1", 0.2, 16), ("r1", 0.1, 8), ("r1", 0.1, 4))),
        *every(betas=((0.3, 0.95), (0.0, 0.99))),
        {"cosine": True},
        {"ema_decay": 0.995},
        *every(spread=("", "batch"), batch_size=(64,)),
        *every(large=(True,), d_times=(1.0, 0.7)),
        *every(spread=("batch", "class"), game=("non-saturating", "relativistic")),
        *every(spread=("batch", "class"), d_times=(0.5,)),
        *every(spread=("batch", "class"), pairs_fall=(True,)),
    ]
    pairs = [
        {},
        {"d_times": 0.5},
        {"rate": 4.5e-3},
        {"pairs_fall": True},
        {"mismatched_weight": 0.35},
        {"batch_size": 64},
        {"penalty": ("r1", 0.3, 16)},
        {"penalty": ("r1", 0.1, 8)},
    ]
    return [{}, *({**LAZY, **more} for more in beside), *({**PAIRS, **more} for more in pairs)]


def for_seconds() -> list[dict]:
    """Give changes for the shortest budgets."""
    weights = (0.1, 0.3, 1.0)
    strong = {"penalty": ("r1", 0.3, 16), "rate": 6e-3}
    return [
        {},
        {"mismatched_weight": 0.65, "rate": 6e-3},
        *every(penalty=[("r1", weight, 16) for weight in weights], rate=(6e-3, 9e-3, 1.2e-2)),
        *every(penalty=[("r1", weight, 4) for weight in weights], rate=(6e-3,)),
        *(
            {**strong, **more}
            for more in every(batch_size=(16, 24)) + every(game=("relativistic", "hinge"))
        ),
        {**strong, "mismatched_weight": 0.65},
        {**strong, "latent_dim": 16},
        {**strong, "betas": (0.3, 0.95)},
        {**strong, "rate": 9e-3, "d_times": 0.5},
    ]


# Seconds, changes, seeds
TRIALS = (
    (8, for_seconds(), TRIAL_SEEDS),
    (14, for_seconds(), TRIAL_SEEDS),
    (14, first_look(), TRIAL_SEEDS[:2]),
    (60, first_look(), TRIAL_SEEDS[:2]),
    (120, with_penalty(), TRIAL_SEEDS),
)
SECONDS = [{"penalty": R1, "rate": 6e-3}] + every(
    penalty=(("r1", 1.0, 16), ("r1", 1.0, 4)), rate=(6e-3,)
)
STRONG = {"penalty": ("r1", 0.3, 16), "rate": 6e-3}
REPORTS = {
    8: [{}, *SECONDS, {**STRONG, "latent_dim": 16}],
    14: [{}, *SECONDS, {**STRONG, "mismatched_weight": 0.65}],
    60: [
        {},
        LAZY,
        PAIRS,
        {**LAZY, "mismatched_weight": 0.35},
        *({**LAZY, "batch_size": 64, "spread": spread} for spread in ("", "batch")),
    ],
    120: [
        {},
        LAZY,
        {**LAZY, "mismatched_weight": 0.35},
        {**LAZY, "batch_size": 64},
        {**LAZY, "spread": "class"},
        {**PAIRS, "batch_size": 64},
        {**PAIRS, "penalty": ("r1", 0.1, 8)},
        PATIENT,
    ],
    600: [
        PATIENT,
        *({**one, "batch_size": 64} for one in (LAZY, PAIRS)),
        {**LAZY, "spread": "class"},
    ],
}


class LargeGenerator(QuickGenerator):
    """Patient's G: quick's with a layer at full size; takes and gives what QuickGenerator does."""

    def __init__(self):
        super().__init__()
        del self.four_maps
        self.to_28 = nn.ConvTranspose2d(64, 16, 4, stride=2, padding=1, bias=False)
        self.norm_3 = batch_norm(16)
        self.image = nn.Conv2d(16, 1, 5, padding=2)

    def forward(self, latents, rows):
        x = self.dense(torch.cat([latents, self.label_embedding(rows)], 1))
        x = torch.relu(self.norm_1(maps(x, 7)))
        x = torch.relu(self.norm_2(self.to_14(x)))
        x = torch.relu(self.norm_3(self.to_28(x)))
        return torch.sigmoid(self.image(x))


class SpreadDiscriminator(nn.Module):
    """Patient's D, or one that sees the spread of the whole batch: in groups of so many images."""

    def __init__(self, spread: str, group: int):
        super().__init__()
        self.spread, self.group = spread, group
        self.conv_1 = nn.Conv2d(1, 32, 4, stride=2, padding=1)
        self.conv_2 = nn.Conv2d(32, 64, 4, stride=2, padding=1)
        self.conv_3 = nn.Conv2d(65, 128, 3, stride=2, padding=1)
        self.realness = nn.Linear(4 * 4 * 128, 1)
        self.label_embedding = nn.Linear(CLASSES, 4 * 4 * 128, bias=False)

    def forward(self, images, rows):
        x = images
        for conv in (self.conv_1, self.conv_2):
            x = F.leaky_relu(conv(x), 0.2)
        numbers = x.permute(0, 2, 3, 1).reshape(-1, self.group, 7 * 7 * 64)
        members = rows.view(-1, self.group, CLASSES)
        if self.spread == "batch":
            members = torch.ones_like(members[..., :1])
        count = members.sum(1)[..., None]
        mean = members.mT @ numbers / count.clamp(min=1)
        variance = members.mT @ (numbers - members @ mean) ** 2 / (count - 1).clamp(min=1)
        plane = members @ (variance + 1e-8).sqrt().mean(2, keepdim=True)
        plane = plane.reshape(-1, 1, 1, 1).expand(-1, 1, 7, 7)
        x = F.leaky_relu(self.conv_3(torch.cat([x, plane], 1)), 0.2)
        features = x.permute(0, 2, 3, 1).flatten(1)
        return self.realness(features)[:, 0] + (self.label_embedding(rows) * features).sum(1)


class Searcher(Player):
    """A GAN of a variant."""

    def __init__(self, variant: Variant, *rest):
        self.latent_dim = variant.latent_dim
        super().__init__(replace(variant, way="spread" if variant.spread else "projection"), *rest)
        if variant.game == "hinge":
            self.real, self.fake = (lambda x, s=sign: F.relu(1 + s * x).mean() for sign in (-1, 1))
            self.g_loss_of = lambda output: -output.mean()
        if variant.game == "relativistic":  # on pairs of a real and a fake image
            self.g_loss_of = lambda output: F.softplus(self.last_real - output).mean()

    def networks(self):
        variant = self.recipe
        generator = LargeGenerator() if variant.large else QuickGenerator()
        generator.dense = nn.Linear(variant.latent_dim + 32, 7 * 7 * 64, bias=False)
        if not variant.spread:
            return like_keras(generator), torch_labs.build_discriminator("projection")
        discriminator = SpreadDiscriminator(variant.spread, variant.batch_size)
        return like_keras(generator), like_keras(discriminator)

    def plan(self, g_steps: int) -> None:
        super().plan(g_steps)
        spent = torch.arange(g_steps, device=self.device) / g_steps
        if self.recipe.cosine:
            shape = (1 + torch.cos(torch.pi * spent)) / 2 / (1 - spent)
            self.d_rates, self.g_rates = self.d_rates * shape, self.g_rates * shape
        self.d_rates = self.d_rates * self.recipe.d_times
        self.pairs = self.recipe.mismatched_weight * torch.linspace(1, 0, g_steps).to(self.device)

    def d_losses(self, *batch):
        outputs, weight = self.outputs(*batch), self.recipe.mismatched_weight
        self.last_real = outputs[0].detach()
        losses = [self.real(outputs[0]), *map(self.fake, outputs[1:])]
        if self.recipe.game == "relativistic":
            losses = [F.softplus(output - outputs[0]).mean() for output in outputs[1:]]
            losses = [torch.zeros_like(losses[0]), *losses]
        if not weight:
            return [*losses, torch.zeros_like(losses[0])]
        if self.recipe.pairs_fall:  # `step` weighs them with the constant weight
            now = self.pairs.index_select(0, self.at)[0]
            losses[1:] = losses[1] * (1 - now) / (1 - weight), losses[2] * now / weight
        return losses


@dataclass
class Search(Job):
    """A run of a variant."""

    def player(self, images, labels) -> Searcher:
        return Searcher(self.recipe, self.run["seed"], images, labels, self.steps)


class SearchWorld(World):
    """What the runs share; every judge looks at 10,000 images."""

    def __init__(self, path: str, device: str):
        super().__init__(path, device)
        everything = torch.arange(10_000, device=device)
        last = tuple(x[-10_000:] for x in self.full)
        for name in (*torch_labs.JUDGES, "tuning"):
            network = self.measures[name, 5_000].network
            images = last if name == "tuning" else self.test
            self.measures[name, 10_000] = torch_labs.Measure(network, images, everything)

    def data(self, name: str, seed: int):
        images, labels = super().data("all of MNIST", seed)
        return (images[:-10_000], labels[:-10_000]) if name == "first 50,000" else (images, labels)

    def real(self) -> dict:
        """Give what real training digits with the asked labels get from each judge."""
        found = {name: self.floors()["10000"][name] for name in torch_labs.JUDGES}
        images, labels = self.data("first 50,000", 0)
        tuning, rng = self.measures["tuning", 10_000], np.random.default_rng(0)
        known, wanted = labels.cpu().numpy(), tuning.labels.cpu().numpy()
        chosen = np.empty(len(wanted), np.int64)
        for c in range(CLASSES):
            here = wanted == c
            chosen[here] = rng.choice(np.flatnonzero(known == c), here.sum(), False)
        return found | {"tuning": tuning.brief(images[torch.as_tensor(chosen, device=self.device)])}


def jobs_of(table: str, seconds: int, changes: list[dict], seeds: range, **looks) -> list[Job]:
    """Give the runs of some variants for so many seconds."""
    jobs, plain = [], vars(Variant())
    for change, seed in product(changes, seeds):
        variant = replace(Variant(), **change)
        change = {name: x for name, x in change.items() if x != plain[name]}
        run = {"changes": change, "within": seconds, "seed": seed}
        steps = round(BUDGETS[seconds] / variant.cost())
        jobs.append(Search("search", table, run, variant, steps, samples=10_000, **looks))
    return jobs


def plan() -> list[list[Job]]:
    """Give all runs, in groups that train together; first the long ones, which need the most."""
    of_trials = {"data": "first 50,000", "measures": ("tuning",)}
    of_reports = {"data": "all of MNIST", "measures": tuple(torch_labs.JUDGES)}
    groups, jobs = [], []
    for part in TRIALS:
        jobs += jobs_of("trials", *part, **of_trials)
    for seconds, changes in REPORTS.items():
        if seconds > 120:
            groups += [
                jobs_of("reports", seconds, [change], FEW_SEEDS, **of_reports) for change in changes
            ]
        else:
            jobs += jobs_of("reports", seconds, changes, SEEDS, **of_reports)
    return groups + shared(jobs)


def start(path: str, device: str) -> None:
    """Make a process ready to train."""
    gc.disable()  # what it frees would disturb a step that is being recorded
    torch.set_num_threads(1)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    torch_labs.WORLD = SearchWorld(path, device)


def work(jobs: list[Job]) -> list[dict]:
    gc.collect()
    lines, _ = torch_labs.work(jobs)
    return lines


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("data", help="what labs.py --prepare has written")
    options.add_argument("lines", type=Path, help="gets a line a run; what it holds is lost")
    options.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    options.add_argument("--processes", type=int, default=1)
    options = options.parse_args()
    start(options.data, options.device)
    name = torch.cuda.get_device_name() if options.device == "cuda" else "a processor"
    card = {"table": "card", "device": name, "torch": torch.__version__}
    options.lines.unlink(missing_ok=True)
    write(options.lines, [card | {"real": torch_labs.WORLD.real()}])
    groups, pool = (
        plan(),
        torch.multiprocessing.get_context("spawn").Pool(
            options.processes, start, (options.data, options.device)
        ),
    )
    with pool:
        for done, lines in enumerate(pool.imap_unordered(work, groups), 1):
            write(options.lines, lines)
            print(f"{done} of {len(groups)} groups", flush=True)


if __name__ == "__main__":
    main()
