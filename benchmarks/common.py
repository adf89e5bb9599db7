"""What the benchmarks share: logs of what was measured, the machine in words, labels and scores.

A log is two files. NAME.jsonl has an entry a line, each with the name of its table; NAME.json, its
card, says what all of them depend on. What the notebooks draw lies in cgan_utils/shipped/, the rest
in benchmarks/results/. What is in a log is not measured again: to measure it anew, remove its
lines, or both files. `make tables` writes the tables of BENCHMARKS.md from the logs.
"""

import argparse
import json
import os
import platform
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import cgan_utils as cg  # first: it imports TensorFlow without its log

# isort: split
import keras
import numpy as np
import tensorflow as tf

from cgan_utils.files import save_shipped

RESULTS = Path(__file__).resolve().parent / "results"
JUDGES = ("mnist_second", "mnist")  # the first of them has no part in any choice
PUBLISHED = cg.RECIPES["published"]
STRIPED = replace(
    PUBLISHED, build_discriminator=partial(cg.build_published_discriminator, striped=True)
)


class Log:
    """Entries by table, on the lines of NAME.jsonl, and their card beside them.

    card: what the entries depend on, besides machine and versions. A card that is there stays; an
    entry that is added later says itself what is not as its card has it. Raises ValueError for a
    line that is no entry.
    """

    def __init__(self, name: str, folder: Path = RESULTS, **card):
        self.path = folder / f"{name}.jsonl"
        card = {"machine": machine(), "versions": versions(), **card}
        self.here = json.loads(json.dumps(card))  # as it will be read
        stored = self.path.with_suffix(".json")
        stored = json.loads(stored.read_text("utf-8")) if stored.exists() else {}
        self.card = self.here | stored
        lines = self._content().decode("utf-8").splitlines()
        self.entries = [self._entry(number, line) for number, line in enumerate(lines, 1)]

    def table(self, name: str) -> list[dict]:
        """Give the entries of one table, in the order in which they were measured."""
        return [
            {key: value for key, value in entry.items() if key != "table"}
            for entry in self.entries
            if entry["table"] == name
        ]

    def holds(self, table: str, run: dict) -> bool:
        """Say whether the table has an entry of this run."""
        return any(run.items() <= entry.items() for entry in self.table(table))

    def run(self, table: str, run: dict, measure: Callable[..., dict]) -> None:
        """Add the run with what measure(**run) gives, unless the table holds it."""
        if not self.holds(table, run):
            self.append(table, {**run, **measure(**run)})

    def append(self, table: str, entry: dict) -> None:
        """Add an entry as a whole line, write the card, and print the entry's numbers and words."""
        differs = {key: value for key, value in self.here.items() if self.card[key] != value}
        entry = {"table": table} | differs | entry
        line = json.dumps(entry) + "\n"
        # An absolute path, so that it works outside of shipped/ too
        save_shipped(str(self.path), self._content() + line.encode(), self.card)
        self.entries.append(json.loads(line))
        short = {key: x for key, x in entry.items() if not isinstance(x, list | dict)}
        print(self.path.stem, short, flush=True)

    def _content(self) -> bytes:
        return self.path.read_bytes() if self.path.exists() else b""

    def _entry(self, number: int, line: str) -> dict:
        try:
            entry = json.loads(line)
            entry["table"]
        except (ValueError, KeyError, TypeError):
            raise ValueError(
                f"line {number} of {self.path.name} is no entry with a table ({line[:40]!r}); "
                "mend it, or remove it to measure it again."
            ) from None
        return entry


def machine(cores: int | None = None) -> str:
    """Describe this machine, such as "2 cores of AMD EPYC, no GPU"; cores: all if None."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    names = [line.split(": ")[1] for line in lines if line.startswith("model name")]
    cores = cores or os.cpu_count()
    gpus = len(tf.config.list_physical_devices("GPU"))
    return (
        f"{'one core' if cores == 1 else f'{cores} cores'} of "
        f"{names[0] if names else platform.processor()}, {gpus or 'no'} GPU"
    )


def versions() -> dict[str, str]:
    """Give the versions that figures depend on."""
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }


def asked_labels(samples: int = 10_000) -> np.ndarray:
    """Give the labels of MNIST's 10,000 test digits, or so many of them, drawn with seed 0."""
    labels = cg.Judge("mnist").reference.labels.astype(np.int64)
    if samples == len(labels):
        return labels
    return np.random.default_rng(0).choice(labels, samples, replace=False)


def floors(samples: int = 10_000) -> dict[str, float]:
    """Give each judge's Fréchet distance of so many real training images."""
    return {name: cg.Judge(name).reference.floors[samples] for name in JUDGES}


@cache
def judge(name: str) -> cg.Judge:
    """Give a judge, made once: that takes longer than a look at a thousand images."""
    return cg.Judge(name)


def score(generator, seed: int, labels: np.ndarray | None = None) -> dict[str, dict[str, float]]:
    """Give what each judge says of images with these labels, or with those of the test digits."""
    labels = asked_labels() if labels is None else labels
    scores = {name: judge(name).score(generator, labels, seed) for name in JUDGES}
    return {
        name: {
            "conditional_accuracy": round(found.conditional_accuracy, 4),
            "frechet_distance": round(found.frechet_distance, 4),
        }
        for name, found in scores.items()
    }


def parser(description: str) -> argparse.ArgumentParser:
    """Give a parser of the command line that prints the script's docstring as its help."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def add_source(options: argparse.ArgumentParser, default: str = "full") -> None:
    """Add the argument that says where the images come from."""
    options.add_argument(
        "source",
        nargs="?",
        default=default,
        help=f'"sample", "full" or an npz file in Keras\'s layout (default: {default})',
    )
