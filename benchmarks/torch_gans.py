"""Peers in PyTorch: networks, training steps, and files of what they draw.

    pip install torch==2.13.0
    python benchmarks/torch_gans.py mnist.npz drawn --peers cdcgan quick --seeds 0 1
    python benchmarks/torch_gans.py mnist.npz drawn --device cuda --at-once 8 --limit-seconds 400

It needs NumPy and PyTorch only, so that it also runs where TensorFlow is not: `peers.py` judges
what lies in the folder afterwards. The data are an npz file in Keras's layout.  The peers:

published, published_striped: the package's recipe `published`, layer by layer, with its label
planes right, and striped as printed. quick: the package's recipe `quick`, layer by layer.
cdcgan: the convolutional conditional GAN of github.com/znxlwm/pytorch-MNIST-CelebA-cGAN-cDCGAN
(2017, file pytorch_MNIST_cDCGAN.py), written anew from its numbers: its networks, first weights,
learning rates, batches and random labels of fakes. Its images are 32×32, bilinearly resized from
28×28 and back.

On a GPU a step is recorded once as a CUDA graph, and several runs train at the same time.
"""

import argparse
import contextlib
import json
import platform
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

CLASSES = 10


def maps(numbers: torch.Tensor, size: int) -> torch.Tensor:
    """Reshape (B, size · size · C), channels last as in Keras, to maps (B, C, size, size)."""
    return numbers.unflatten(1, (size, size, -1)).permute(0, 3, 1, 2)


def like_keras(network: nn.Module) -> nn.Module:
    """Give Keras's first weights, uniform after Glorot and Bengio (2010), and biases of 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return network


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Build a batch normalization with Keras's constants; its momentum 0.99 is 0.01 here."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class PublishedGenerator(nn.Module):
    """Takes latents (B, 128) and rows (B, 10), gives images (B, 1, 28, 28) in [0, 1]."""

    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(138, 7 * 7 * 138)
        self.to_14 = nn.ConvTranspose2d(138, 128, 4, stride=2, padding=1)
        self.to_28 = nn.ConvTranspose2d(128, 128, 4, stride=2, padding=1)
        self.image = nn.Conv2d(128, 1, 7, padding=3)

    def forward(self, latents, rows):
        x = F.leaky_relu(self.dense(torch.cat([latents, rows], 1)), 0.2)
        x = F.leaky_relu(self.to_14(maps(x, 7)), 0.2)
        x = F.leaky_relu(self.to_28(x), 0.2)
        return torch.sigmoid(self.image(x))


class PublishedDiscriminator(nn.Module):
    """Takes images (B, 1, 28, 28) and rows (B, 10), gives logits (B,)."""

    def __init__(self, striped: bool = False):
        super().__init__()
        self.striped = striped
        self.conv_1 = nn.Conv2d(1 + CLASSES, 64, 3, stride=2)
        self.conv_2 = nn.Conv2d(64, 128, 3, stride=2)
        self.logit = nn.Linear(128, 1)

    def forward(self, images, rows):
        if self.striped:
            planes = maps(rows.repeat_interleave(28 * 28, dim=1), 28)
        else:
            planes = rows[:, :, None, None].expand(-1, -1, 28, 28)
        x = torch.cat([images, planes], 1)
        for conv in (self.conv_1, self.conv_2):
            x = F.pad(x, (0, 1, 0, 1))  # where "same" in TensorFlow has its odd pixel
            x = F.leaky_relu(conv(x), 0.2)
        return self.logit(x.amax((2, 3)))[:, 0]


class QuickGenerator(nn.Module):
    """Takes latents (B, 64) and rows (B, 10), gives images (B, 1, 28, 28) in [0, 1]."""

    def __init__(self):
        super().__init__()
        self.label_embedding = nn.Linear(CLASSES, 32, bias=False)
        self.dense = nn.Linear(64 + 32, 7 * 7 * 64, bias=False)
        self.norm_1 = batch_norm(64)
        self.to_14 = nn.ConvTranspose2d(64, 64, 4, stride=2, padding=1, bias=False)
        self.norm_2 = batch_norm(64)
        self.four_maps = nn.Conv2d(64, 4, 3, padding=1)

    def forward(self, latents, rows):
        x = self.dense(torch.cat([latents, self.label_embedding(rows)], 1))
        x = torch.relu(self.norm_1(maps(x, 7)))
        x = torch.relu(self.norm_2(self.to_14(x)))
        return F.pixel_shuffle(torch.sigmoid(self.four_maps(x)), 2)


class QuickDiscriminator(nn.Module):
    """Takes images (B, 1, 28, 28) and rows (B, 10), gives logits (B,)."""

    def __init__(self):
        super().__init__()
        self.conv_1 = nn.Conv2d(1, 32, 4, stride=2, padding=1)
        self.conv_2 = nn.Conv2d(32, 64, 4, stride=2, padding=1)
        self.conv_3 = nn.Conv2d(64, 128, 3, stride=2, padding=1)
        self.realness = nn.Linear(4 * 4 * 128, 1)
        self.match = nn.Linear(4 * 4 * 128, CLASSES, bias=False)

    def heads(self, images):
        """Give how real each image looks (B,), and how well it matches each class (B, 10)."""
        x = images
        for conv in (self.conv_1, self.conv_2, self.conv_3):
            x = F.leaky_relu(conv(x), 0.2)
        features = x.permute(0, 2, 3, 1).flatten(1)
        return self.realness(features)[:, 0], self.match(features)

    def forward(self, images, rows):
        realness, match = self.heads(images)
        return realness + (rows * match).sum(1)


class CDCGANGenerator(nn.Module):
    """Takes latents (B, 100) and rows (B, 10), gives images (B, 1, 32, 32) in [-1, 1]."""

    def __init__(self):
        super().__init__()
        self.from_latent = nn.Sequential(nn.ConvTranspose2d(100, 256, 4), nn.BatchNorm2d(256))
        self.from_label = nn.Sequential(nn.ConvTranspose2d(CLASSES, 256, 4), nn.BatchNorm2d(256))
        self.layers = nn.Sequential(
            nn.ReLU(),
            nn.ConvTranspose2d(512, 256, 4, stride=2, padding=1),
            nn.BatchNorm2d(256),
            nn.ReLU(),
            nn.ConvTranspose2d(256, 128, 4, stride=2, padding=1),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.ConvTranspose2d(128, 1, 4, stride=2, padding=1),
            nn.Tanh(),
        )

    def forward(self, latents, rows):
        parts = self.from_latent(latents[:, :, None, None]), self.from_label(rows[:, :, None, None])
        return self.layers(torch.cat(parts, 1))


class CDCGANDiscriminator(nn.Module):
    """Takes images (B, 1, 32, 32) and rows (B, 10), gives logits (B,)."""

    def __init__(self):
        super().__init__()
        self.from_image = nn.Conv2d(1, 64, 4, stride=2, padding=1)
        self.from_label = nn.Conv2d(CLASSES, 64, 4, stride=2, padding=1)
        self.layers = nn.Sequential(
            nn.LeakyReLU(0.2),
            nn.Conv2d(128, 256, 4, stride=2, padding=1),
            nn.BatchNorm2d(256),
            nn.LeakyReLU(0.2),
            nn.Conv2d(256, 512, 4, stride=2, padding=1),
            nn.BatchNorm2d(512),
            nn.LeakyReLU(0.2),
            nn.Conv2d(512, 1, 4),
        )

    def forward(self, images, rows):
        planes = rows[:, :, None, None].expand(-1, -1, 32, 32)
        parts = self.from_image(images), self.from_label(planes)
        return self.layers(torch.cat(parts, 1)).flatten()


class Peer:
    """The two networks, their optimizers and average: one step of D, then one of G.

    This is the recipe `published`, with fakes of its own for each player as in the published code.
    seed decides first weights, batches, latents and wrong labels. What a step reads (images, rows,
    latents, learning rates) lies in tensors that stay where they are, so that a GPU can replay it.
    """

    epochs, batch_size, latent_dim, image_size = 20, 64, 128, 28
    rate, betas, epsilon = 3e-4, (0.9, 0.999), 1e-7
    ema_decay, mismatched_weight = 0.0, 0.0
    one_draw = False  # whether D and G see the same fakes; else each has its own, as published

    def __init__(self, seed: int = 0, device: str = "cpu"):
        torch.manual_seed(seed)
        self.device, self.draws = device, torch.Generator(device).manual_seed(seed)
        self.generator, self.discriminator = (
            network.to(device, memory_format=torch.channels_last) for network in self.networks()
        )
        state = self.generator.state_dict().values()  # weights, and moving statistics
        self.weights = [x.detach() for x in state if x.is_floating_point()]
        self.averaged = [x.clone() for x in self.weights]
        self.learning_rate = torch.tensor(self.rate, device=device)
        self.d_optimizer, self.g_optimizer = map(self.adam, (self.discriminator, self.generator))
        size, count = self.image_size, self.batch_size
        self.images = torch.zeros(count, 1, size, size, device=device)
        self.rows = torch.zeros(count, CLASSES, device=device)
        self.latents = torch.zeros(2, count, self.latent_dim, device=device)  # D's step and G's
        self.labels = torch.zeros(2, count, dtype=torch.int64, device=device)  # drawn ones
        self.new = torch.zeros((), device=device)  # the share of new weights in the average
        self.losses = torch.zeros(2, device=device)  # of D and G, summed over steps
        self.steps = 0

    def networks(self) -> tuple[nn.Module, nn.Module]:
        return like_keras(PublishedGenerator()), like_keras(PublishedDiscriminator())

    def adam(self, network: nn.Module) -> torch.optim.Adam:
        """Give Keras's Adam, which adds its epsilon before the averages are corrected.

        PyTorch's adds it after. So it is told to be a million steps old, where there is nothing
        to correct, and `scaled_rate` corrects.
        """
        optimizer = self.torch_adam(network)
        for weight in network.parameters():
            optimizer.state[weight] = {
                "step": torch.tensor(1e6, device=self.device),
                "exp_avg": torch.zeros_like(weight),
                "exp_avg_sq": torch.zeros_like(weight),
            }
        return optimizer

    def torch_adam(self, network: nn.Module) -> torch.optim.Adam:
        return torch.optim.Adam(
            network.parameters(),
            self.learning_rate,
            self.betas,
            self.epsilon,
            fused=True,
            capturable=self.device != "cpu",
        )

    def scaled_rate(self, spent: float) -> float:
        """Give the next step's learning rate, in `rate`, when so much of the budget is spent."""
        beta_1, beta_2 = self.betas
        step = self.steps + 1
        return (1 - beta_2**step) ** 0.5 / (1 - beta_1**step)

    def wrong_or_random(self, labels: torch.Tensor) -> torch.Tensor:
        """Give the labels (2, B) that a step draws besides those of its images."""
        return self.labels

    def draw(self, images: torch.Tensor, labels: torch.Tensor, chosen: torch.Tensor, spent: float):
        """Fill in what the next step reads; chosen: (B,) indices of images and labels."""
        torch.index_select(images, 0, chosen, out=self.images)
        right = labels[chosen]
        self.rows.zero_().scatter_(1, right[:, None], 1.0)
        self.latents.normal_(generator=self.draws)
        self.labels.copy_(self.wrong_or_random(right))
        self.learning_rate.fill_(self.rate * self.scaled_rate(spent))
        after = self.steps + 1
        self.new.fill_(1 - min(self.ema_decay, (1 + after) / (10 + after)))
        self.steps = after

    def step(self):
        """Take a step of D, then one of G and of its average."""
        rows = self.fake_rows(0)
        with torch.set_grad_enabled(self.one_draw):
            fakes = self.generator(self.latents[0], rows)
        d_loss = self.d_loss(fakes.detach())
        self.update(self.d_optimizer, d_loss)
        if not self.one_draw:
            rows = self.fake_rows(1)
            fakes = self.generator(self.latents[1], rows)
        g_loss = F.softplus(-self.discriminator(fakes, rows)).mean()
        self.update(self.g_optimizer, g_loss)
        if self.ema_decay:
            for average, weight in zip(self.averaged, self.weights, strict=True):
                average.lerp_(weight, self.new)
        self.losses += torch.stack([d_loss.detach(), g_loss.detach()])

    def fake_rows(self, player: int) -> torch.Tensor:
        """Give the rows of the fakes that D (0) or G (1) sees."""
        return self.rows

    def d_loss(self, fakes: torch.Tensor) -> torch.Tensor:
        pairs = torch.cat([self.images, fakes]), torch.cat([self.rows, self.rows])
        real, fake = self.discriminator(*pairs).chunk(2)
        return F.softplus(-real).mean() + F.softplus(fake).mean()

    @staticmethod
    def update(optimizer: torch.optim.Optimizer, loss: torch.Tensor):
        """Take the optimizer's step on the gradients of its own network alone."""
        (group,) = optimizer.param_groups
        gradients = torch.autograd.grad(loss, group["params"])
        for weight, gradient in zip(group["params"], gradients, strict=True):
            # The fused optimizer goes through memory, whatever the order of axes in it.
            laid_out = gradient.stride() == weight.stride()
            weight.grad = gradient if laid_out else torch.empty_like(weight).copy_(gradient)
        optimizer.step()

    @torch.no_grad()
    def generate(self, labels: np.ndarray, seed: int = 0) -> np.ndarray:
        """Draw an image (B, 28, 28) uint8 for each label, by the average of G."""
        draws = torch.Generator(self.device).manual_seed(seed)
        own = [x.clone() for x in self.weights]
        if self.ema_decay:
            torch._foreach_copy_(self.weights, self.averaged)
        self.generator.eval()
        pieces = []
        for part in np.array_split(labels, max(1, len(labels) // 1000)):
            rows = F.one_hot(torch.as_tensor(part, device=self.device).long(), CLASSES).float()
            shape = len(part), self.latent_dim
            latents = torch.randn(shape, generator=draws, device=self.device)
            pieces.append(self.to_pixels(self.generator(latents, rows)).cpu().numpy())
        self.generator.train()
        torch._foreach_copy_(self.weights, own)
        return np.concatenate(pieces)[:, 0]

    def prepare(self, images: torch.Tensor) -> torch.Tensor:
        """Make images (N, 1, 28, 28) in [0, 1] what D takes."""
        return images

    def to_pixels(self, images: torch.Tensor) -> torch.Tensor:
        """Make G's images (B, 1, 28, 28) uint8."""
        return (255 * images).round().to(torch.uint8)


class StripedPeer(Peer):
    """The recipe `published` with its label planes as printed."""

    def networks(self):
        return like_keras(PublishedGenerator()), like_keras(PublishedDiscriminator(striped=True))


class QuickPeer(Peer):
    """The recipe `quick`: a real image and its mismatched pair share D's convolutions."""

    epochs, batch_size, latent_dim = 16, 32, 64
    rate, betas = 3e-3, (0.0, 0.95)
    ema_decay, mismatched_weight = 0.99, 0.5
    one_draw = True

    def networks(self):
        return like_keras(QuickGenerator()), like_keras(QuickDiscriminator())

    def scaled_rate(self, spent):
        return max(0.0, 1 - spent) * super().scaled_rate(spent)

    def wrong_or_random(self, labels):
        shift = torch.randint(1, CLASSES, labels.shape, generator=self.draws, device=self.device)
        return ((labels + shift) % CLASSES).expand(2, -1)

    def d_loss(self, fakes):
        realness, match = self.discriminator.heads(torch.cat([self.images, fakes]))
        looks, fake_looks = realness.chunk(2)
        matches, fake_matches = match.chunk(2)
        real = looks + (self.rows * matches).sum(1)
        fake = fake_looks + (self.rows * fake_matches).sum(1)
        mismatched = looks + matches.gather(1, self.labels[0][:, None])[:, 0]
        weight = self.mismatched_weight
        wrong = (1 - weight) * F.softplus(fake) + weight * F.softplus(mismatched)
        return F.softplus(-real).mean() + wrong.mean()


class CDCGANPeer(Peer):
    """The convolutional conditional GAN: random labels of fakes, D's batches kept apart."""

    epochs, batch_size, latent_dim, image_size = 20, 128, 100, 32
    rate, betas, epsilon = 2e-4, (0.5, 0.999), 1e-8

    def networks(self):
        networks = CDCGANGenerator(), CDCGANDiscriminator()
        for layer in (*networks[0].modules(), *networks[1].modules()):
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, 0.0, 0.02)
                nn.init.zeros_(layer.bias)
        return networks

    def adam(self, network):
        return self.torch_adam(network)

    def scaled_rate(self, spent):
        return 1.0 if spent < 10 / 20 else 0.1 if spent < 15 / 20 else 0.01

    def wrong_or_random(self, labels):
        shape = 2, len(labels)
        return torch.randint(CLASSES, shape, generator=self.draws, device=self.device)

    def fake_rows(self, player):
        return torch.zeros_like(self.rows).scatter_(1, self.labels[player][:, None], 1.0)

    def d_loss(self, fakes):
        real = self.discriminator(self.images, self.rows)
        fake = self.discriminator(fakes, self.fake_rows(0))
        return F.softplus(-real).mean() + F.softplus(fake).mean()

    def prepare(self, images):
        return 2 * F.interpolate(images, size=(32, 32), mode="bilinear") - 1

    def to_pixels(self, images):
        smaller = F.interpolate(images, size=(28, 28), mode="bilinear", antialias=True)
        return super().to_pixels((smaller + 1) / 2)


PEERS = {
    "published": Peer,
    "published_striped": StripedPeer,
    "quick": QuickPeer,
    "cdcgan": CDCGANPeer,
}


class Run:
    """A peer in training on images and labels, which lie on its device."""

    def __init__(self, name: str, seed: int, images: torch.Tensor, labels: torch.Tensor):
        self.name, self.seed, self.device = name, seed, labels.device.type
        self.peer = PEERS[name](seed, self.device)
        self.images, self.labels = self.peer.prepare(images), labels
        self.epoch_steps = len(labels) // self.peer.batch_size
        if not self.epoch_steps:
            raise ValueError(
                f"{len(labels)} images are fewer than a batch of {name}, {self.peer.batch_size}; "
                "give more."
            )
        self.losses = []  # the means of each epoch, D's and G's
        self.graph, self.stream = None, contextlib.nullcontext()
        if self.device == "cuda":
            self.stream = torch.cuda.stream(torch.cuda.Stream())
            torch.cuda.synchronize()  # what is on the device is there for every stream

    def step(self, spent: float) -> None:
        """Take the next step. A GPU is only asked to: `wait` for it."""
        with self.stream:
            place = self.peer.steps % self.epoch_steps
            if place == 0:
                count, size = len(self.labels), self.peer.batch_size
                order = torch.randperm(count, generator=self.peer.draws, device=self.device)
                self.order = order[: self.epoch_steps * size].view(-1, size)
            self.peer.draw(self.images, self.labels, self.order[place], spent)
            if self.device == "cpu" or self.peer.steps <= 5:
                self.peer.step()
            else:
                self.graph = self.graph or self.recorded()
                self.graph.replay()
            if place + 1 == self.epoch_steps:
                self.losses.append((self.peer.losses / self.epoch_steps).tolist())
                self.peer.losses.zero_()

    def recorded(self):
        """Record a step, after some in which memory and kernels have been chosen."""
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=torch.cuda.current_stream()):
            self.peer.step()
        return graph

    def wait(self) -> None:
        if self.device == "cuda":
            self.stream.stream.synchronize()

    def save(self, folder: Path, asked: np.ndarray, **card) -> None:
        """Write a file of images with the labels asked for, and what they come from.

        card: more to say of them, such as the budget; where it was not spent, learning rates have
        not fallen as far as they would have.
        """
        with self.stream:
            images = self.peer.generate(asked, self.seed)
        card = {
            "peer": self.name,
            "seed": self.seed,
            "steps": self.peer.steps,
            "epochs": round(self.peer.steps / self.epoch_steps, 3),
            "one_draw": self.peer.one_draw,
            "training_images": len(self.labels),
            **card,
            "device": device_name(self.device),
            "torch": torch.__version__,
            "tf32": torch.backends.cudnn.allow_tf32 and self.device == "cuda",
            "losses": np.round(self.losses, 4).tolist(),
        }
        path = folder / f"{self.name}_{self.seed}_{self.peer.steps}.npz"
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            np.savez_compressed(
                file, card=json.dumps(card), images=images, labels=asked.astype(np.uint8)
            )
        partial.replace(path)
        print(path.name, {key: x for key, x in card.items() if key != "losses"}, flush=True)


def device_name(device: str) -> str:
    if device == "cuda":
        return torch.cuda.get_device_name()
    return f"{torch.get_num_threads()} threads of {platform.processor() or platform.machine()}"


def train(
    runs: list[Run],
    folder: Path,
    asked: np.ndarray,
    epochs: int | None = None,
    seconds: float | None = None,
    also_at: tuple[int, ...] = (),
    end: float = np.inf,
) -> None:
    """Train runs at the same time, each for so many epochs (its own number if None) or seconds.

    also_at: epochs after which 2,000 images are drawn too. end: when, by time.perf_counter, all
    stop with what they have.
    """
    some = np.random.default_rng(0).choice(asked, min(2_000, len(asked)), replace=False)
    start, rounds, active = time.perf_counter(), 0, list(runs)

    def save(run: Run, labels: np.ndarray, took: float) -> None:
        planned = (epochs or run.peer.epochs) if seconds is None else None
        budget = {"of_epochs": planned, "of_seconds": seconds}
        run.save(folder, labels, **budget, seconds=took, runs_at_once=len(runs))

    while active:
        if rounds % 20 == 0:  # a clock ahead of the GPU would be wrong
            for run in active:
                run.wait()
        rounds += 1
        now = time.perf_counter()
        for run in list(active):
            steps = run.peer.steps
            spent = steps / (run.epoch_steps * (epochs or run.peer.epochs))
            if seconds is not None:
                spent = (now - start) / seconds
            epoch = steps // run.epoch_steps if steps % run.epoch_steps == 0 else None
            if epoch and epoch == len(run.losses) and spent < 1:
                took = round(time.perf_counter() - start, 2)
                print(run.name, run.seed, epoch, f"{took} s", run.losses[-1], flush=True)
                if epoch in also_at:
                    save(run, some, took)
            if spent >= 1 or now >= end:
                run.wait()
                took = round(time.perf_counter() - start, 2)
                save(run, asked, took)
                active.remove(run)
            else:
                run.step(spent)


def milliseconds(name: str, images, labels, steps: int, rounds: int = 5) -> dict:
    """Give the time of a step, alone on the device: the median and the least of some rounds."""
    run, taken = Run(name, 0, images, labels), []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        for _ in range(steps):
            run.step(0.0)
        run.wait()
        taken.append(1e3 * (time.perf_counter() - start) / steps)
    taken = taken[1:]  # without the round that chose memory and kernels
    card = {"device": device_name(run.device), "torch": torch.__version__}
    card["tf32"] = torch.backends.cudnn.allow_tf32 and run.device == "cuda"
    return {
        "peer": name,
        "batch_size": run.peer.batch_size,
        "median_ms": round(float(np.median(taken)), 3),
        "least_ms": round(min(taken), 3),
        **card,
    }


def read(path: str, device: str) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """Give training images (N, 1, 28, 28) in [0, 1], their labels, and the labels to ask for."""
    with np.load(path) as arrays:
        pixels, labels, asked = (arrays[name] for name in ("x_train", "y_train", "y_test"))
    images = torch.as_tensor(pixels, device=device).view(-1, 1, 28, 28).float() / 255
    return images, torch.as_tensor(labels, device=device).long(), asked.astype(np.int64)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("data", help="npz file in Keras's layout; its y_test are asked for")
    options.add_argument("folder", type=Path, help="where the drawn images go")
    options.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    options.add_argument("--seeds", nargs="+", type=int, default=[0])
    budget = options.add_mutually_exclusive_group()
    budget.add_argument("--epochs", type=int, help="default: the peer's own number")
    budget.add_argument("--seconds", type=float)
    options.add_argument("--also-at", nargs="+", type=int, default=[], help="epochs, 2,000 images")
    options.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    options.add_argument("--at-once", type=int, default=1, help="runs that share the device")
    options.add_argument("--limit-seconds", type=float, default=np.inf, help="stop all by then")
    options.add_argument("--no-tf32", action="store_true", help="full float32 products on a GPU")
    options.add_argument("--one-draw", action="store_true", help="D and G see the same fakes")
    options.add_argument("--time", type=int, metavar="STEPS", help="only time steps")
    options = options.parse_args()
    end = time.perf_counter() + options.limit_seconds
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.one_draw:
        for name in options.peers:
            PEERS[name].one_draw = True
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = not options.no_tf32
    torch.backends.cuda.matmul.allow_tf32 = not options.no_tf32
    images, labels, asked = read(options.data, options.device)
    if options.time:
        for name in options.peers:
            print(json.dumps(milliseconds(name, images, labels, options.time)), flush=True)
        return
    wanted = [(name, seed) for seed in options.seeds for name in options.peers]
    for i in range(0, len(wanted), options.at_once):
        if time.perf_counter() >= end:
            print("No time is left for", wanted[i:], flush=True)
            return
        runs = [Run(*run, images, labels) for run in wanted[i : i + options.at_once]]
        train(runs, options.folder, asked, options.epochs, options.seconds, options.also_at, end)


if __name__ == "__main__":
    main()
