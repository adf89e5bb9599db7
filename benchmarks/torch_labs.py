"""The runs that notebooks 08 and 09 draw, and those beside `quick` in BENCHMARKS.md, in PyTorch.

    python benchmarks/labs.py --prepare labs.npz mnist.npz  # with the package: data, judges, times
    python benchmarks/torch_labs.py labs.npz labs.jsonl --device cuda --processes 4
    python benchmarks/labs.py --store labs.npz labs.jsonl   # with the package: into the logs

More than a thousand runs, for which two cores would need a night. It needs NumPy and PyTorch only:
networks, steps and judges are the package's, written again, and tests compare them with it. First
come the trials: every way gets the same learning rates, three seeds each, before a tuning judge, a
perceptron that is trained for this alone and reports nothing. Then each way runs with eight other
seeds before the package's two judges, at the rate that its trials chose, and 08's at the six
largest rates as well.
"""

import argparse
import json
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from torch_gans import (
    CLASSES,
    Peer,
    PublishedDiscriminator,
    PublishedGenerator,
    QuickDiscriminator,
    QuickGenerator,
    batch_norm,
    like_keras,
    maps,
)

STEPS = 750  # of D, 6 epochs of the embedded sample
LONG_STEPS = 2_000  # 16 epochs, as in the quick recipe
BUDGET = 800  # steps of the quick recipe; in 08, all others get as many as take the same time
POINTS = 10  # looks at a run of 08 on its way
SEEDS, TRIAL_SEEDS = range(8), range(100, 103)
WAY_RATES = (0.25, 0.5, 1.0, 2.0, 4.0)  # times the recipe's learning rate, for every way of 09
RATES = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0)  # for every way of 08
SPOILED = ("1,000 images", "20 % wrong labels", "rare class")
RARE_COUNT = 50
AT_ONCE = 8  # runs that share a process and its device


@dataclass(frozen=True)
class Recipe:
    """The quick recipe, and what else a run may have in its place."""

    way: str = "projection"
    generator: str = "quick"
    game: str = "non-saturating"
    mismatched_weight: float = 0.5
    penalty: tuple[str, float, int] | None = None  # kind, weight, every so many steps
    critic_steps: int = 1
    batch_size: int = 32
    rate: float = 3e-3
    decay: bool = True
    betas: tuple[float, float] = (0.0, 0.95)
    ema_decay: float = 0.99
    fresh_fakes: bool = False
    labels_anew: bool = False  # G is asked for labels of its own, not for those of D's batch


QUICK = Recipe()
WAYS = {
    "none": replace(QUICK, way="none", mismatched_weight=0.0),
    "planes": replace(QUICK, way="planes"),
    "striped": replace(QUICK, way="striped"),
    "embedding": replace(QUICK, way="embedding"),
    "projection": QUICK,
    "auxiliary": replace(QUICK, way="auxiliary", game="auxiliary", mismatched_weight=0.0),
    "conditional norm": replace(QUICK, generator="conditional norm"),
}
PENALIZED = replace(QUICK, game="wasserstein", penalty=("gradient", 10.0, 1), betas=(0.0, 0.9))
GAMES = {
    "quick recipe": QUICK,
    "quick recipe, no pairs": replace(QUICK, mismatched_weight=0.0),
    "WGAN-GP": replace(PENALIZED, critic_steps=5, mismatched_weight=0.0),
    "WGAN-GP, 1 critic step": replace(PENALIZED, mismatched_weight=0.0),
    "WGAN-GP with pairs": replace(PENALIZED, critic_steps=5),
    "lazy R1": replace(QUICK, penalty=("r1", 0.1, 16)),
}
# Ways that get larger budgets as well, by how many times, and with which seeds
LONGER = (("quick recipe", (2,), SEEDS), ("WGAN-GP", (2, 4, 8), range(3)))
# One constant or part of `quick` at a time, as `published` has it; batches of 64 for as many images
ABLATIONS = {
    "quick": QUICK,
    "batches of 64": replace(QUICK, batch_size=64),
    "no mismatched pairs": replace(QUICK, mismatched_weight=0.0),
    "learning rate 3e-4": replace(QUICK, rate=3e-4),
    "rates do not fall": replace(QUICK, decay=False),
    "beta 1 of 0.9": replace(QUICK, betas=(0.9, 0.95)),
    "beta 2 of 0.999": replace(QUICK, betas=(0.0, 0.999)),
    "no average": replace(QUICK, ema_decay=0.0),
    "fakes of its own for each": replace(QUICK, fresh_fakes=True),
    "published generator": replace(QUICK, generator="published"),
    "published discriminator": replace(QUICK, way="published"),
    "label planes": replace(QUICK, way="planes"),
}


class WayDiscriminator(nn.Module):
    """Quick's D with another way in: (B, 1, 28, 28) and rows (B, 10) to logits (B,)."""

    def __init__(self, way: str):
        super().__init__()
        self.way = way
        more = {"none": 0, "planes": CLASSES, "striped": CLASSES, "embedding": 1, "auxiliary": 0}
        self.conv_1 = nn.Conv2d(1 + more[way], 32, 4, stride=2, padding=1)
        self.conv_2 = nn.Conv2d(32, 64, 4, stride=2, padding=1)
        self.conv_3 = nn.Conv2d(64, 128, 3, stride=2, padding=1)
        self.realness = nn.Linear(4 * 4 * 128, 1)
        if way == "embedding":
            self.label_embedding = nn.Linear(CLASSES, 28 * 28, bias=False)
        if way == "auxiliary":
            self.class_head = nn.Linear(4 * 4 * 128, CLASSES)

    def features(self, images, rows):
        """Give what the three convolutions see, (B, 2048)."""
        x = images
        if self.way == "planes":
            x = torch.cat([x, rows[:, :, None, None].expand(-1, -1, 28, 28)], 1)
        elif self.way == "striped":
            x = torch.cat([x, maps(rows.repeat_interleave(28 * 28, dim=1), 28)], 1)
        elif self.way == "embedding":
            x = torch.cat([x, maps(self.label_embedding(rows), 28)], 1)
        for conv in (self.conv_1, self.conv_2, self.conv_3):
            x = F.leaky_relu(conv(x), 0.2)
        return x.permute(0, 2, 3, 1).flatten(1)

    def forward(self, images, rows):
        """Give logits; "auxiliary" gives log p(y|x) beside them, (B, 2)."""
        features = self.features(images, rows)
        realness = self.realness(features)[:, 0]
        if self.way != "auxiliary":
            return realness
        guess = (self.class_head(features).log_softmax(1) * rows).sum(1)
        return torch.stack([realness, guess], 1)


class ConditionalNorm(nn.Module):
    """Batch normalization with a scale and a shift for each class; starts plain."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01, affine=False)
        self.scale, self.shift = (nn.Linear(CLASSES, channels, bias=False) for _ in range(2))

    def forward(self, x, rows):
        scale, shift = (table(rows)[:, :, None, None] for table in (self.scale, self.shift))
        return (1 + scale) * self.norm(x) + shift


class ConditionalNormGenerator(nn.Module):
    """Quick's G, but the row enters through the normalization alone."""

    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(64, 7 * 7 * 64, bias=False)
        self.norm_1 = ConditionalNorm(64)
        self.to_14 = nn.ConvTranspose2d(64, 64, 4, stride=2, padding=1, bias=False)
        self.norm_2 = ConditionalNorm(64)
        self.four_maps = nn.Conv2d(64, 4, 3, padding=1)

    def forward(self, latents, rows):
        x = torch.relu(self.norm_1(maps(self.dense(latents), 7), rows))
        x = torch.relu(self.norm_2(self.to_14(x), rows))
        return F.pixel_shuffle(torch.sigmoid(self.four_maps(x)), 2)


def build_generator(name: str) -> nn.Module:
    kinds = {"quick": QuickGenerator, "published": PublishedGenerator}
    network = like_keras(kinds.get(name, ConditionalNormGenerator)())
    for layer in network.modules():
        if isinstance(layer, ConditionalNorm):
            nn.init.zeros_(layer.scale.weight)
            nn.init.zeros_(layer.shift.weight)
    return network


def build_discriminator(way: str) -> nn.Module:
    kinds = {"projection": QuickDiscriminator, "published": PublishedDiscriminator}
    return like_keras(kinds[way]() if way in kinds else WayDiscriminator(way))


def losses_of(game: str):
    """Give what D pays for real and for fake outputs, and G for its fakes."""

    def mean(output):
        return output.mean()

    def minus(output):
        return -output.mean()

    def believes(logits):
        return F.softplus(-logits).mean()

    def doubts(logits):
        return F.softplus(logits).mean()

    if game == "wasserstein":
        return minus, mean, minus
    if game == "auxiliary":
        with_guess = [
            lambda output, loss=loss: loss(output[:, 0]) - output[:, 1].mean()
            for loss in (believes, doubts, believes)
        ]
        return tuple(with_guess)
    return believes, doubts, believes


class Player(Peer):
    """A GAN of a recipe on images and labels, for so many steps of D.

    All that its steps draw is drawn before the first, and a counter on the device says which step
    it is, so that a GPU replays steps without being told anything.
    """

    latent_dim = 64

    def __init__(self, recipe: Recipe, seed: int, images, labels, steps: int):
        self.recipe = recipe
        self.batch_size, self.rate, self.betas = recipe.batch_size, recipe.rate, recipe.betas
        self.ema_decay, self.one_draw = recipe.ema_decay, not recipe.fresh_fakes
        if recipe.generator == "published":
            self.latent_dim = 128
        super().__init__(seed, labels.device.type)
        self.all_images, self.all_labels = images, labels
        self.eye = torch.eye(CLASSES, device=self.device)
        self.due_every = recipe.penalty[2] if recipe.penalty else 1
        self.real, self.fake, self.g_loss_of = losses_of(recipe.game)
        self.plan(steps // recipe.critic_steps)
        self.graphs = {}

    def networks(self):
        return build_generator(self.recipe.generator), build_discriminator(self.recipe.way)

    def torch_adam(self, network):
        optimizer = super().torch_adam(network)
        rate = torch.zeros((), device=self.device)  # of each player its own
        optimizer.param_groups[0]["lr"] = rate
        return optimizer

    def plan(self, g_steps: int) -> None:
        """Draw batches, latents, labels and learning rates of all steps."""
        critic, size, count = self.recipe.critic_steps, self.batch_size, len(self.all_labels)
        d_steps, device = g_steps * critic, self.device
        a_batch = size * critic
        epochs = -(-g_steps // (count // a_batch))
        draws = {"generator": self.draws, "device": device}
        orders = [
            torch.randperm(count, **draws)[: count // a_batch * a_batch] for _ in range(epochs)
        ]
        self.chosen = torch.cat(orders)[: d_steps * size].view(d_steps, size)
        self.z = torch.randn(d_steps, size, self.latent_dim, **draws)
        self.fresh_z = torch.randn(g_steps, size, self.latent_dim, **draws)
        self.wrong = torch.randint(1, CLASSES, (d_steps, size), **draws)  # added to the right one
        self.anew = torch.randint(CLASSES, (d_steps, size), **draws)
        self.epsilon = torch.rand(d_steps, size, 1, 1, 1, **draws)
        self.d_rates, self.g_rates = (self.rates(steps) for steps in (d_steps, g_steps))
        after = torch.arange(1, g_steps + 1, device=device)
        self.news = 1 - ((1 + after) / (10 + after)).clamp(max=self.ema_decay)
        self.at = torch.zeros(1, dtype=torch.int64, device=device)
        self.sums = torch.zeros(5, device=device)  # D's loss, its parts, G's loss
        self.g_steps, self.steps, self.looked = g_steps, 0, 0

    def rates(self, steps: int) -> torch.Tensor:
        """Give the learning rates of an optimizer's steps, with Adam's correction in them."""
        done = np.arange(steps)
        beta_1, beta_2 = self.betas
        rates = self.rate * np.sqrt(1 - beta_2 ** (done + 1)) / (1 - beta_1 ** (done + 1))
        if self.recipe.decay:
            rates = rates * (1 - done / steps)
        return torch.as_tensor(rates, dtype=torch.float32, device=self.device)

    def step(self, due: bool = True) -> None:
        """Take the critic's steps and one of G; due: whether D pays its penalty."""
        recipe = self.recipe
        for i in range(recipe.critic_steps):
            now = self.at * recipe.critic_steps + i
            take = partial(torch.index_select, dim=0, index=now)
            chosen = take(self.chosen)[0]
            images, labels = self.all_images[chosen], self.all_labels[chosen]
            asked = take(self.anew)[0] if recipe.labels_anew else labels
            rows, asked = self.eye[labels], self.eye[asked]
            with torch.set_grad_enabled(self.one_draw and i + 1 == recipe.critic_steps):
                fakes = self.generator(take(self.z)[0], asked)
            wrong = self.eye[(labels + take(self.wrong)[0]) % CLASSES]
            d_losses = self.d_losses(images, rows, fakes.detach(), asked, wrong)
            weight = recipe.mismatched_weight
            d_loss = d_losses[0] + (1 - weight) * d_losses[1] + weight * d_losses[2]
            if recipe.penalty and due:
                kind, cost, every = recipe.penalty
                epsilon = take(self.epsilon)[0]
                d_loss = d_loss + cost * every * self.penalty(kind, images, fakes, rows, epsilon)
            self.d_optimizer.param_groups[0]["lr"].copy_(take(self.d_rates)[0])
            self.update(self.d_optimizer, d_loss)
            parts = torch.stack([d_loss, *d_losses]).detach() / recipe.critic_steps
            self.sums[:4] += parts
        take = partial(torch.index_select, dim=0, index=self.at)
        if not self.one_draw:
            fakes = self.generator(take(self.fresh_z)[0], asked)
        g_loss = self.g_loss_of(self.discriminator(fakes, asked))
        self.g_optimizer.param_groups[0]["lr"].copy_(take(self.g_rates)[0])
        self.update(self.g_optimizer, g_loss)
        self.sums[4] += g_loss.detach()
        if self.ema_decay:
            new = take(self.news)[0]
            for average, weight in zip(self.averaged, self.weights, strict=True):
                average.lerp_(weight, new)
        self.at += 1

    def d_losses(self, *batch):
        """Give D's losses on real, fake and mismatched pairs, the last 0 where there are none."""
        real, *others = self.outputs(*batch)
        losses = [self.real(real), *map(self.fake, others)]
        return losses if len(losses) == 3 else [*losses, torch.zeros_like(losses[0])]

    def outputs(self, images, rows, fakes, asked, wrong):
        """Give what D says of real, fake and, if there are any, mismatched pairs."""
        pairs = [(images, rows), (fakes, asked)]
        if self.recipe.mismatched_weight:
            pairs.append((images, wrong))
        if self.recipe.way != "projection":
            x, y = (torch.cat(parts) for parts in zip(*pairs, strict=True))
            return self.discriminator(x, y).chunk(len(pairs))
        # A real image and its mismatched pair share a look.
        realness, match = self.discriminator.heads(torch.cat([images, fakes]))
        look = {id(x): i for i, (x, _) in enumerate(pairs[:2])}
        heads = [(realness.chunk(2)[i], match.chunk(2)[i]) for i in range(2)]
        seen = [heads[look[id(x)]] for x, _ in pairs]
        return [
            real + (y * match).sum(1) for (real, match), (_, y) in zip(seen, pairs, strict=True)
        ]

    def penalty(self, kind, images, fakes, rows, epsilon):
        """Give E[(|∇D| - 1)²] between fakes and real images, or ½ E[|∇D|²] at real ones."""
        x = images if kind == "r1" else epsilon * images + (1 - epsilon) * fakes
        x = x.detach().requires_grad_()
        score = self.discriminator(x, rows).sum()
        (slopes,) = torch.autograd.grad(score, x, create_graph=True)
        squared = (slopes**2).flatten(1).sum(1)
        if kind == "r1":
            return squared.mean() / 2
        return (((squared + 1e-12).sqrt() - 1) ** 2).mean()

    def advance(self) -> None:
        """Take the next step; on a GPU, after a few, by replaying one."""
        due = self.steps % self.due_every == 0
        if self.device == "cpu" or self.steps < 3:
            self.step(due)
        else:
            if due not in self.graphs:
                self.graphs[due] = self.recorded(due)
            self.graphs[due].replay()
        self.steps += 1

    def recorded(self, due: bool):
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=torch.cuda.current_stream()):
            self.step(due)
        return graph

    def mean_losses(self) -> dict[str, float]:
        """Give the mean losses since the last look."""
        names = "d_loss", "d_loss_real", "d_loss_fake", "d_loss_mismatched", "g_loss"
        means = (self.sums / max(1, self.steps - self.looked)).tolist()
        self.sums.zero_()
        self.looked = self.steps
        return dict(zip(names, means, strict=True))

    @torch.no_grad()
    def pictures(self, labels: torch.Tensor, seed: int) -> torch.Tensor:
        """Draw images (N, 1, 28, 28) in [0, 1] of labels (N,), by the average of G."""
        draws = torch.Generator(self.device).manual_seed(seed)
        own = [x.clone() for x in self.weights]
        if self.ema_decay:
            torch._foreach_copy_(self.weights, self.averaged)
        self.generator.eval()
        latents = torch.randn(len(labels), self.latent_dim, generator=draws, device=self.device)
        drawn = torch.cat(
            [
                self.generator(z, self.eye[y])
                for z, y in zip(latents.split(1000), labels.split(1000), strict=True)
            ]
        )
        self.generator.train()
        torch._foreach_copy_(self.weights, own)
        return drawn


class FirstJudge(nn.Module):
    """The judge "mnist": images (B, 1, 28, 28) to features (B, 128) and logits (B, 10)."""

    def __init__(self):
        super().__init__()
        sizes = (1, 32, 64, 128)
        for i in range(1, 4):
            self.add_module(
                f"conv_{i}", nn.Conv2d(sizes[i - 1], sizes[i], 3, padding=1, bias=False)
            )
            self.add_module(f"norm_{i}", batch_norm(sizes[i]))
        self.logits = nn.Linear(128, CLASSES)

    def forward(self, images):
        x = images
        for i in range(1, 4):
            x = torch.relu(getattr(self, f"norm_{i}")(getattr(self, f"conv_{i}")(x)))
            x = F.max_pool2d(x, 2) if i < 3 else x
        features = x.mean((2, 3))
        return features, self.logits(features)


class SecondJudge(nn.Module):
    """The judge "mnist_second", likewise."""

    def __init__(self):
        super().__init__()
        self.conv_1 = nn.Conv2d(1, 32, 5, padding=2)
        self.conv_2 = nn.Conv2d(32, 32, 5, padding=2)
        self.conv_3 = nn.Conv2d(32, 64, 3, padding=1)
        self.features = nn.Linear(3 * 3 * 64, 128)
        self.logits = nn.Linear(128, CLASSES)

    def forward(self, images):
        x = images
        for conv in (self.conv_1, self.conv_2, self.conv_3):
            x = F.max_pool2d(torch.relu(conv(x)), 2)
        features = torch.relu(self.features(x.permute(0, 2, 3, 1).flatten(1)))
        return features, self.logits(features)


class TuningJudge(nn.Module):
    """A perceptron, likewise: what chooses learning rates, and nothing else."""

    def __init__(self):
        super().__init__()
        self.layer_1, self.layer_2 = nn.Linear(28 * 28, 512), nn.Linear(512, 128)
        self.logits = nn.Linear(128, CLASSES)

    def forward(self, images):
        x = F.dropout(torch.relu(self.layer_1(images.flatten(1))), 0.2, self.training)
        features = torch.relu(self.layer_2(x))
        return features, self.logits(features)


JUDGES = {"mnist_second": SecondJudge, "mnist": FirstJudge}


def train_tuning_judge(images, labels, epochs: int = 10) -> TuningJudge:
    torch.manual_seed(0)
    judge = TuningJudge().to(images.device)
    optimizer = torch.optim.Adam(judge.parameters(), 1e-3)
    for _ in range(epochs):
        order = torch.randperm(len(labels), device=images.device)
        for chosen in order.split(128):
            loss = F.cross_entropy(judge(images[chosen])[1], labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return judge.eval()


def root_trace(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Give tr((A B)^½) of covariances (..., d, d)."""
    values, vectors = torch.linalg.eigh(a)
    root = (vectors * values.clamp(min=0).sqrt()[..., None, :]) @ vectors.mT
    return torch.linalg.eigvalsh(root @ b @ root).clamp(min=0).sqrt().sum(-1)


def moments(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    features = features.double()
    return features.mean(0), torch.cov(features.T)


def frechet(real, fake) -> torch.Tensor:
    """Give the Fréchet distances of moments, one pair or as many as are stacked."""
    apart = ((real[0] - fake[0]) ** 2).sum(-1)
    traces = sum(x[1].diagonal(dim1=-2, dim2=-1).sum(-1) for x in (real, fake))
    return apart + traces - 2 * root_trace(real[1], fake[1])


def distances(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.cdist(x.double(), y.double())


def radii(features: torch.Tensor, k: int) -> torch.Tensor:
    """Give the distance (N,) of each row to its k-th nearest other one."""
    return distances(features, features).kthvalue(k + 1, dim=1).values


class Measure:
    """What a judge measures: images of asked labels, against real ones of the same labels.

    network: the judge. everything: (images, labels) of the reference, from all of which the
    Fréchet distances are; chosen: indices of those whose labels are asked for.
    """

    def __init__(self, network: nn.Module, everything, chosen: torch.Tensor):
        self.network = network
        images, labels = everything
        features, logits = self.look(images)
        self.labels = labels[chosen]
        right = (logits.argmax(1)[chosen] == self.labels).double()
        by_class = [round(float(right[self.labels == c].mean()), 4) for c in range(CLASSES)]
        self.recognized = {"conditional_accuracy": round(float(right.mean()), 4)}
        self.recognized["accuracy_by_class"] = by_class
        self.moments = moments(features)
        of_class = [features[labels == c] for c in range(CLASSES)]
        self.class_moments = self.stacked(of_class)
        self.real = [features[chosen][self.labels == c] for c in range(CLASSES)]
        self.radii = {k: [radii(x, k) for x in self.real] for k in (3, 5)}
        self.spread = [self.mean_distance(x) for x in self.real]

    @torch.no_grad()
    def look(self, images):
        parts = [self.network(part) for part in images.split(1000)]
        return tuple(torch.cat(x) for x in zip(*parts, strict=True))

    @staticmethod
    def stacked(groups):
        return tuple(map(torch.stack, zip(*map(moments, groups), strict=True)))

    @staticmethod
    def mean_distance(x):
        return distances(x, x).sum() / (len(x) * (len(x) - 1))

    def brief(self, images) -> dict[str, float]:
        features, logits = self.look(images)
        return {
            "conditional_accuracy": round(
                float((logits.argmax(1) == self.labels).double().mean()), 4
            ),
            "frechet_distance": round(float(frechet(self.moments, moments(features))), 4),
        }

    def full(self, images) -> dict:
        """Measure as `cgan_utils.evaluate` does; variety among recognized images alone."""
        features, logits = self.look(images)
        right = logits.argmax(1) == self.labels
        groups = [features[self.labels == c] for c in range(CLASSES)]
        obeyed = [right[self.labels == c] for c in range(CLASSES)]
        by_class = defaultdict(list)
        by_class["class_distance"] = frechet(self.class_moments, self.stacked(groups)).tolist()
        for c, fake in enumerate(groups):
            by_class["accuracy"].append(float(obeyed[c].double().mean()))
            apart = distances(self.real[c], fake)
            inside = apart <= self.radii[5][c][:, None]
            by_class["density"].append(float(inside.double().sum(0).mean() / 5))
            by_class["coverage"].append(float(inside.any(1).double().mean()))
            near = apart <= self.radii[3][c][:, None]
            by_class["precision"].append(float(near.any(0).double().mean()))
            by_class["recall"].append(float((apart <= radii(fake, 3)).any(1).double().mean()))
            known = fake[obeyed[c]]
            varied = self.mean_distance(known) / self.spread[c] if len(known) > 1 else np.nan
            by_class["variety"].append(float(varied))
        means = {name: np.nanmean(values) for name, values in by_class.items()}
        del means["accuracy"]  # it is the conditional accuracy
        kept = ("accuracy", "class_distance", "coverage", "variety")
        lists = {f"{name}_by_class": by_class[name] for name in kept}
        rounded = {name: np.round(x, 4).tolist() for name, x in {**means, **lists}.items()}
        return self.brief(images) | rounded


@dataclass
class Job:
    """A run to make: which log and table it belongs to, what it is called there, and how."""

    log: str
    table: str
    run: dict
    recipe: Recipe
    steps: int  # of D
    data: str = "sample"
    points: int = 1
    measures: tuple[str, ...] = tuple(JUDGES)
    samples: int = 5_000
    outsider: tuple[str, float] | None = None  # its name and learning rate, instead of a GAN

    def player(self, images, labels) -> "Player":
        """Give what is to be trained, on images and labels of its device."""
        rest = self.run["seed"], images, labels, self.steps
        return Outsider(*self.outsider, *rest) if self.outsider else Player(self.recipe, *rest)


class World:
    """Data and judges on a device, from what `labs.py --prepare` wrote."""

    def __init__(self, path: str, device: str):
        self.device = device
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        self.card = json.loads(str(arrays["card"]))
        self.full, self.test, self.sample = (
            self.digits(arrays, name) for name in ("train", "test", "sample")
        )
        judges = {name: self.judge(arrays, name) for name in JUDGES}
        kept = len(self.full[1]) - 10_000  # as many as the test images are the tuning judge's
        tuning = train_tuning_judge(*(x[:kept] for x in self.full))
        last = tuple(x[kept:] for x in self.full)
        self.measures = {}
        for samples in (5_000, 2_000):
            chosen = torch.as_tensor(arrays[f"chosen_{samples}"], device=device)
            for name, network in judges.items():
                self.measures[name, samples] = Measure(network, self.test, chosen)
            chosen = torch.arange(samples, device=device)
            self.measures["tuning", samples] = Measure(tuning, last, chosen)

    def digits(self, arrays, name):
        images = torch.as_tensor(arrays[f"{name}_images"], device=self.device)
        labels = torch.as_tensor(arrays[f"{name}_labels"], device=self.device)
        return images.view(-1, 1, 28, 28).float() / 255, labels.long()

    def judge(self, arrays, name):
        network = JUDGES[name]()
        for key, value in arrays.items():
            if key.startswith(f"{name}/"):
                _, layer, weight = key.split("/")
                getattr(getattr(network, layer), weight).data.copy_(torch.as_tensor(value))
        return network.to(self.device).eval()

    def data(self, name: str, seed: int):
        """Give training images and labels, all of the sample's or spoiled ones."""
        images, labels = self.sample
        rng, known = np.random.default_rng(seed), labels.cpu().numpy()
        if name == "1,000 images":
            chosen = [rng.choice(np.flatnonzero(known == c), 100, False) for c in range(CLASSES)]
            chosen = torch.as_tensor(np.concatenate(chosen), device=self.device)
            return images[chosen], labels[chosen]
        if name == "20 % wrong labels":
            wrong = (known + rng.integers(1, 10, len(known))) % 10
            spoiled = np.where(rng.random(len(wrong)) < 0.2, wrong, known)
            return images, torch.as_tensor(spoiled, device=self.device)
        if name == "rare class":
            rare = np.flatnonzero(known == self.card["rare_class"])
            dropped = rng.permutation(rare)[RARE_COUNT:]
            chosen = torch.as_tensor(np.setdiff1d(np.arange(len(known)), dropped))
            chosen = chosen.to(self.device)
            return images[chosen], labels[chosen]
        return self.full if name == "all of MNIST" else (images, labels)

    def floors(self, repeats: int = 8) -> dict:
        """Give what real digits get: means of some draws of training digits with the asked labels.

        How many are recognized is that of the test digits themselves, which no judge has learned.
        """
        images, labels = self.full
        known, floors = labels.cpu().numpy(), {}
        for (name, samples), measure in self.measures.items():
            if name == "tuning":
                continue
            wanted, looks = measure.labels.cpu().numpy(), []
            for seed in range(repeats):
                rng, chosen = np.random.default_rng(seed), np.empty(samples, np.int64)
                for c in range(CLASSES):
                    here = wanted == c
                    chosen[here] = rng.choice(np.flatnonzero(known == c), here.sum(), False)
                looks.append(measure.full(images[torch.as_tensor(chosen, device=self.device)]))
            means = {k: np.round(np.mean([x[k] for x in looks], 0), 4).tolist() for k in looks[0]}
            floors.setdefault(str(samples), {})[name] = means | measure.recognized
        return floors


def run_together(world: World, jobs: list[Job]) -> list[dict]:
    """Train the GANs of some jobs at the same time; give their lines."""
    runs = []
    for job in jobs:
        images, labels = world.data(job.data, job.run["seed"])
        stream = torch.cuda.Stream() if world.device == "cuda" else None
        if stream:
            torch.cuda.synchronize()
        with torch.cuda.stream(stream):
            player = job.player(images, labels)
        looks = [round(player.g_steps * (i + 1) / job.points) for i in range(job.points)]
        runs.append((job, player, stream, looks, []))
    while any(player.steps < player.g_steps for _, player, *_ in runs):
        for job, player, stream, looks, seen in runs:
            if player.steps == player.g_steps:
                continue
            with torch.cuda.stream(stream):
                player.advance()
                if player.steps in looks:
                    if stream:
                        stream.synchronize()
                    seen.append(look(world, job, player, last=player.steps == looks[-1]))
    lines = []
    for job, player, _, _, seen in runs:
        line = {"log": job.log, "table": job.table, **job.run}
        if job.points == 1:
            line |= {"steps": player.steps * job.recipe.critic_steps, **seen[0]}
        else:
            for key in seen[0]:
                if isinstance(seen[0][key], dict):
                    brief = {k: [x[key][k] for x in seen] for k in seen[0][key]}
                    last = {f"last_{k}": x for k, x in seen[-1]["last"][key].items()}
                    line[key] = brief | last
                else:
                    line[key] = [x[key] for x in seen]
        lines.append(line)
    return lines


def look(world: World, job: Job, player: Player, last: bool) -> dict:
    """Measure a run where it stands."""
    first = world.measures[job.measures[0], job.samples]
    if job.measures[0] == "tuning":
        images = player.pictures(first.labels, job.run["seed"])
        return first.brief(images)
    images = player.pictures(first.labels, job.run["seed"])
    if job.points == 1:
        return {name: world.measures[name, job.samples].full(images) for name in job.measures}
    found = {"steps": player.steps * job.recipe.critic_steps}
    found |= {name: round(x, 4) for name, x in player.mean_losses().items()}
    found |= {name: world.measures[name, job.samples].brief(images) for name in job.measures}
    if last:
        fuller = {name: world.measures[name, job.samples].full(images) for name in job.measures}
        kept = ("coverage", "class_distance", "variety")
        found["last"] = {name: {k: x[k] for k in kept} for name, x in fuller.items()}
    return found


class VAE(nn.Module):
    """A conditional variational autoencoder: a D with label planes and another head, quick's G.

    Kingma and Welling 2013 (arXiv 1312.6114), Sohn et al. 2015. Draws the decoder's mean image.
    """

    def __init__(self):
        super().__init__()
        self.encoder = WayDiscriminator("planes")
        self.encoder.realness = nn.Linear(4 * 4 * 128, 2 * 64)  # a latent's mean, log-variance
        self.decoder = QuickGenerator()

    def loss(self, images, rows, noise, times):
        mean, log_variance = self.encoder.realness(self.encoder.features(images, rows)).chunk(2, 1)
        latents = mean + (log_variance / 2).exp() * noise[..., :64]
        drawn = self.decoder(latents, rows).clamp(1e-6, 1 - 1e-6)
        pixels = F.binary_cross_entropy(drawn, images, reduction="none").flatten(1).sum(1)
        divergence = (mean**2 + log_variance.exp() - 1 - log_variance).sum(1) / 2
        return (pixels + divergence).mean()

    def draw(self, noise, rows):
        return self.decoder(noise[..., :64], rows)


class Diffusion(nn.Module):
    """A small conditional diffusion model, about as large as quick's G.

    It guesses the noise in a noisy image (Ho et al. 2020, arXiv 2006.11239), whose share follows a
    cosine (Nichol and Dhariwal 2021, arXiv 2102.09672), and draws in 50 steps without new noise
    (DDIM, Song et al. 2020, arXiv 2010.02502).
    """

    def __init__(self):
        super().__init__()
        self.known = nn.Linear(32 + CLASSES, 96)
        sizes = {"start": (1, 32), "halved": (32, 64), "quartered": (64, 96), "middle": (96, 96)}
        sizes |= {"join_half": (128, 64), "join": (64, 32)}
        for name, (into, out) in sizes.items():
            stride = 2 if name in ("halved", "quartered") else 1
            self.add_module(name, nn.Conv2d(into, out, 3, stride=stride, padding=1))
            self.add_module(f"norm_{name}", nn.GroupNorm(8, out))
            self.add_module(f"known_{name}", nn.Linear(96, out))
        self.up_half = nn.ConvTranspose2d(96, 64, 4, stride=2, padding=1)
        self.up = nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1)
        self.noise = nn.Conv2d(32, 1, 3, padding=1)

    def block(self, name, x, known):
        x = getattr(self, f"norm_{name}")(getattr(self, name)(x))
        return F.silu(x + getattr(self, f"known_{name}")(known)[:, :, None, None])

    def forward(self, x, times, rows):
        waves = times[:, None] * 1000 * torch.logspace(0, -4, 16, device=x.device)
        known = F.silu(self.known(torch.cat([waves.sin(), waves.cos(), rows], 1)))
        full = self.block("start", x, known)
        half = self.block("halved", full, known)
        x = self.block("middle", self.block("quartered", half, known), known)
        x = self.block("join_half", torch.cat([self.up_half(x), half], 1), known)
        x = self.block("join", torch.cat([self.up(x), full], 1), known)
        return self.noise(x)

    @staticmethod
    def shares(times):
        """Give how much of the image and of the noise there is at times in [0, 1]."""
        angles = times * (torch.pi / 2) * 0.99
        return angles.cos()[:, None, None, None], angles.sin()[:, None, None, None]

    def loss(self, images, rows, noise, times):
        noise = noise.view_as(images)
        image, share = self.shares(times)
        noisy = image * (2 * images - 1) + share * noise
        return ((self(noisy, times, rows) - noise) ** 2).mean()

    def draw(self, noise, rows, steps: int = 50):
        x = noise.view(-1, 1, 28, 28)
        times = torch.linspace(1, 0, steps + 1, device=x.device)
        for now, after in zip(times[:-1], times[1:], strict=True):
            image, share = self.shares(now.expand(len(x)))
            guess = self(x, now.expand(len(x)), rows)
            clean = ((x - share * guess) / image).clamp(-1, 1)
            guess = (x - image * clean) / share  # the noise that goes with the clamped image
            image, share = self.shares(after.expand(len(x)))
            x = image * clean + share * guess
        return (x.clamp(-1, 1) + 1) / 2


OUTSIDERS = {"VAE": VAE, "diffusion": Diffusion}
OUTSIDE_RATES = (5e-4, 1e-3, 2e-3, 4e-3)


class Outsider(Player):
    """One network that is no GAN, trained as long as a GAN, its rate falling, and averaged."""

    def __init__(self, name: str, rate: float, seed: int, images, labels, steps: int):
        self.name = name
        super().__init__(replace(QUICK, rate=rate, betas=(0.9, 0.999)), seed, images, labels, steps)
        size = 28 * 28, steps, self.batch_size
        draws = {"generator": self.draws, "device": self.device}
        self.noise = torch.randn(size[1], size[2], size[0], **draws)
        self.times = torch.rand(size[1], size[2], **draws)

    def networks(self):
        return like_keras(OUTSIDERS[self.name]()), nn.Linear(1, 1)

    def step(self, due: bool = True) -> None:
        take = partial(torch.index_select, dim=0, index=self.at)
        chosen = take(self.chosen)[0]
        rows = self.eye[self.all_labels[chosen]]
        noise, times = take(self.noise)[0], take(self.times)[0]
        loss = self.generator.loss(self.all_images[chosen], rows, noise, times)
        self.g_optimizer.param_groups[0]["lr"].copy_(take(self.g_rates)[0])
        self.update(self.g_optimizer, loss)
        new = take(self.news)[0]
        for average, weight in zip(self.averaged, self.weights, strict=True):
            average.lerp_(weight, new)
        self.at += 1

    @torch.no_grad()
    def pictures(self, labels, seed):
        draws = torch.Generator(self.device).manual_seed(seed)
        own = [x.clone() for x in self.weights]
        torch._foreach_copy_(self.weights, self.averaged)
        self.generator.eval()
        noise = torch.randn(len(labels), 28 * 28, generator=draws, device=self.device)
        pieces = zip(noise.split(1000), labels.split(1000), strict=True)
        drawn = torch.cat([self.generator.draw(z, self.eye[y]) for z, y in pieces])
        self.generator.train()
        torch._foreach_copy_(self.weights, own)
        return drawn


def milliseconds(world: World, rounds: int = 5, steps: int = 12) -> dict[str, float]:
    """Give the time of a step of quick and of the outsiders on one core, in turns: medians."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    images, labels = (x.cpu() for x in world.sample)
    length = rounds * steps + 3
    players = {"quick": Player(QUICK, 0, images, labels, length)}
    players |= {name: Outsider(name, 1e-3, 0, images, labels, length) for name in OUTSIDERS}
    taken = defaultdict(list)
    for player in players.values():
        for _ in range(3):
            player.step()
    for _ in range(rounds):
        for name, player in players.items():
            start = time.perf_counter()
            for _ in range(steps):
                player.step()
            taken[name].append(1e3 * (time.perf_counter() - start) / steps)
    torch.set_num_threads(threads)
    return {name: round(float(np.median(times)), 3) for name, times in taken.items()}


def ways_without_and_with_pairs() -> list[tuple[str, Recipe]]:
    """Give each way of 09 without mismatched pairs, and with them if it can be shown any."""
    return [
        (way, replace(recipe, mismatched_weight=w))
        for way, recipe in WAYS.items()
        for w in sorted({0.0, recipe.mismatched_weight})
    ]


def steps_in(budget: float, way: str, seconds: dict[str, float]) -> int:
    """Give the steps of D that take as long as `budget` steps of the quick recipe, at least 10."""
    steps, critic = budget * seconds["quick recipe"] / seconds[way], GAMES[way].critic_steps
    return max(POINTS, round(steps / critic)) * critic


def faster(recipe: Recipe, times: float) -> Recipe:
    return replace(recipe, rate=times * recipe.rate)


def trials(seconds: dict, outside: dict[str, float]) -> list[Job]:
    """Give the runs that choose learning rates."""
    jobs = []
    for seed in TRIAL_SEEDS:
        for way, recipe in ways_without_and_with_pairs():
            for rate in WAY_RATES:
                run = {"way": way, "mismatched_weight": recipe.mismatched_weight}
                run |= {"rate": rate, "seed": seed}
                jobs.append(Job("conditioning", "trials", run, faster(recipe, rate), STEPS))
        for way, recipe in GAMES.items():
            for rate in RATES:
                run = {"way": way, "rate": rate, "seed": seed}
                steps = steps_in(BUDGET, way, seconds["wasserstein"])
                jobs.append(Job("wasserstein", "trials", run, faster(recipe, rate), steps))
        for name in OUTSIDERS:
            for rate in OUTSIDE_RATES:
                run = {"model": name, "rate": rate, "seed": seed}
                steps = round(LONG_STEPS * outside["quick"] / outside[name])
                jobs.append(Job("outside", "trials", run, QUICK, steps, outsider=(name, rate)))
        for rate in WAY_RATES:
            run = {"model": "quick", "rate": rate, "seed": seed}
            jobs.append(Job("outside", "trials", run, faster(QUICK, rate), LONG_STEPS))
    return [replace(job, measures=("tuning",)) for job in jobs]


def best_rates(lines: list[dict], log: str, *names: str) -> dict[tuple, float]:
    """Give what each of the named things does best at: the rate of least mean Fréchet distance."""
    found = defaultdict(lambda: defaultdict(list))
    for line in lines:
        if (line["log"], line["table"]) == (log, "trials"):
            key = tuple(line[name] for name in names)
            found[key][line["rate"]].append(line["frechet_distance"])
    return {key: min(rates, key=lambda rate: np.mean(rates[rate])) for key, rates in found.items()}


def reports(lines: list[dict], seconds: dict, outside: dict[str, float]) -> list[Job]:
    """Give the runs that report, with the rates that the lines of the trials have chosen."""
    jobs = []
    rates = best_rates(lines, "conditioning", "way", "mismatched_weight")
    costs = {(way, w): cost for way, w, cost in seconds["conditioning"]}
    fair = STEPS * costs["projection", 0.5]
    runs = [(way, way, recipe) for way, recipe in ways_without_and_with_pairs()]
    anew = replace(WAYS["none"], labels_anew=True)
    runs.append(("none, labels drawn anew", "none", anew))
    for seed in SEEDS:
        for name, way, recipe in runs:
            weight = recipe.mismatched_weight
            rate = rates[way, weight]
            run = {"way": name, "mismatched_weight": weight, "pairs": weight > 0, "rate": rate}
            recipe = faster(recipe, rate)
            budgets = {"steps": STEPS, "long": LONG_STEPS}
            budgets["seconds"] = round(fair / costs[way, weight])
            plans = [("sample", budget, steps) for budget, steps in budgets.items()]
            plans += [(data, "steps", STEPS) for data in SPOILED]
            for data, budget, steps in plans[: 1 if recipe.labels_anew else None]:
                full = {**run, "data": data, "budget": budget, "seed": seed}
                jobs.append(Job("conditioning", "runs", full, recipe, steps, data))
    for seed in SEEDS:
        for way in GAMES:
            jobs += [played(way, rate, 1, seed, seconds) for rate in RATES[2:]]
        for name, recipe in ABLATIONS.items():
            steps = LONG_STEPS * QUICK.batch_size // recipe.batch_size
            jobs.append(Job("ablations", "runs", {"recipe": name, "seed": seed}, recipe, steps))
    rates = best_rates(lines, "outside", "model")
    for seed in SEEDS:
        for name in ("quick", "VAE"):  # diffusion was at chance in each trial
            run = {"model": name, "rate": rates[name,], "seed": seed}
            steps = round(LONG_STEPS * outside["quick"] / outside[name])
            recipe = faster(QUICK, rates[name,]) if name == "quick" else QUICK
            outsider = None if name == "quick" else (name, rates[name,])
            jobs.append(Job("outside", "runs", run, recipe, steps, outsider=outsider))
    return jobs


def played(way: str, rate: float, budget: int, seed: int, seconds: dict) -> Job:
    """Give a run of 08, with so many times the budget."""
    steps = steps_in(BUDGET * budget, way, seconds["wasserstein"])
    run = {"way": way, "rate": rate, "budget": budget, "seed": seed}
    brief = {"points": POINTS, "samples": 2_000}
    return Job("wasserstein", "runs", run, faster(GAMES[way], rate), steps, **brief)


def longer_reports(lines: list[dict], seconds: dict, outside: dict[str, float]) -> list[Job]:
    """Give the runs of 08 with larger budgets: until it stops improving."""
    rates = best_rates(lines, "wasserstein", "way")
    return [
        played(way, rates[way,], budget, seed, seconds)
        for way, budgets, seeds in LONGER
        for budget in budgets
        for seed in seeds
    ]


def shared(jobs: list[Job]) -> list[list[Job]]:
    """Put jobs of about the same length together, the longest first."""
    jobs = sorted(jobs, key=lambda job: -job.steps)
    return [jobs[i : i + AT_ONCE] for i in range(0, len(jobs), AT_ONCE)]


WORLD: World | None = None  # of this process


def start(path: str, device: str) -> None:
    """Make a process ready to train."""
    global WORLD
    torch.set_num_threads(1)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    WORLD = World(path, device)


def work(jobs: list[Job]) -> tuple[list[dict], float]:
    """Give the lines of some jobs, and the seconds that they took."""
    began = time.perf_counter()
    return run_together(WORLD, jobs), time.perf_counter() - began


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("data", help="what labs.py --prepare has written")
    options.add_argument("lines", type=Path, help="gets a line a run; what it holds is not run")
    options.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    options.add_argument("--processes", type=int, default=1)
    options.add_argument("--limit-seconds", type=float, default=np.inf, help="stop by then")
    options.add_argument("--only", help="only this log, once all trials are there")
    options.add_argument("--every", type=int, default=1, help="only every so many groups, to try")
    options = options.parse_args()
    began = time.perf_counter()
    lines = []
    if options.lines.exists():
        lines = [json.loads(line) for line in options.lines.read_text("utf-8").splitlines()]
    stored = [line for line in lines if line["table"] == "card"]
    if stored:
        (card,) = stored
    else:
        start(options.data, options.device)
        name = torch.cuda.get_device_name() if options.device == "cuda" else "a processor"
        card = {"log": "all", "table": "card", "device": name, "torch": torch.__version__}
        card |= {"outside_ms": milliseconds(WORLD), "floors": WORLD.floors()}
        lines.append(card)
        write(options.lines, [card])
    with np.load(options.data) as file:
        seconds = json.loads(str(file["card"]))["seconds"]
    pool = torch.multiprocessing.get_context("spawn").Pool(
        options.processes, start, (options.data, options.device)
    )
    with pool:
        for plan in (trials, partial(reports, lines), partial(longer_reports, lines)):
            jobs = [
                job
                for job in plan(seconds, card["outside_ms"])
                if options.only in (None, job.log)
                and not any(
                    line["log"] == job.log
                    and line["table"] == job.table
                    and job.run.items() <= line.items()
                    for line in lines
                )
            ]
            groups = shared(jobs)[:: options.every]
            print(f"{len(jobs)} runs in {len(groups)} groups", flush=True)
            results = pool.imap_unordered(work, groups)
            for done, (found, seconds_of_group) in enumerate(results, 1):
                lines += found
                write(options.lines, found)
                took = time.perf_counter() - began
                if done % 10 == 1 or done == len(groups):
                    of = f"{seconds_of_group:.1f} s for {len(found)} runs"
                    print(f"{done} of {len(groups)} groups, {took:.0f} s; {of}", flush=True)
                if took > options.limit_seconds:
                    print("the time is up; call again to go on", flush=True)
                    return


def write(path: Path, lines: list[dict]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(json.dumps(line) + "\n" for line in lines))


if __name__ == "__main__":
    main()
