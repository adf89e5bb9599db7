"""Files that are there whole or not at all, and what the package ships: arrays beside their cards.

Everything shipped is a pair in cgan_utils/shipped/: NAME.npz with plain arrays, or NAME.jsonl with
results, a line each; and NAME.json, the card, which says what it is, how it was made, under which
licence, and its SHA-256.
"""

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

SHIPPED = Path(__file__).parent / "shipped"


@contextmanager
def written_whole(path: str | os.PathLike[str], overwrite: bool = True) -> Iterator[Path]:
    """Give a path to write to; at the end, what was written there takes the place of `path`.

    If anything fails, the file that was there stays, and nothing is left beside it. `~` is the home
    folder. Raises FileNotFoundError if the folder is missing, FileExistsError if the file is there
    and `overwrite` is False, OSError if it cannot be written.
    """
    path = Path(path).expanduser()
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"there is no folder {str(path.parent)!r} to write {path.name} into; make it first."
        )
    if path.is_dir():
        raise IsADirectoryError(f"{str(path)!r} is a folder; give the path of a file.")
    if path.exists() and not overwrite:
        raise FileExistsError(
            f"{str(path)!r} is there already and stays as it is; give another path, or "
            "overwrite=True."
        )
    try:
        target = path.resolve()  # a link stays, what it leads to is replaced
        with tempfile.TemporaryDirectory(prefix=".", dir=target.parent) as scratch:
            partial = Path(scratch, path.name)
            yield partial
            os.replace(partial, target)
    except OSError as error:
        reason = error.strerror or error
        raise OSError(
            f"cannot write {str(path)!r} ({reason}); give a path that you may write to, with room "
            "for it."
        ) from error


def load_card(name: str) -> dict:
    """Give the card of something shipped. Raises ValueError if it is missing or damaged."""
    try:
        card = json.loads((SHIPPED / f"{name}.json").read_text("utf-8"))
        card["sha256"]  # what `_read` holds the file against
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(f"the card {name}.json is damaged; install this package again.") from None
    return card


def load_arrays(name: str) -> dict[str, np.ndarray]:
    """Give the plain arrays of shipped/NAME.npz, once they match their card; executes nothing.

    Raises ValueError if the file or its card is missing or damaged.
    """
    with np.load(io.BytesIO(_read(f"{name}.npz")), allow_pickle=False) as arrays:
        return dict(arrays)


def load_weights(network: keras.Model, name: str) -> keras.Model:
    """Give the network the weights of shipped/NAME.npz.

    Raises ValueError if they do not fit it, or are damaged.
    """
    arrays = load_arrays(name)
    try:
        network.set_weights(list(arrays.values()))
    except ValueError as error:
        raise ValueError(
            f"{name}.npz does not fit the network that Keras {keras.__version__} builds; "
            "install this package again, or the Keras of its constraints.txt."
        ) from error
    return network


def load_results(name: str) -> dict:
    """Give what benchmarks/NAME.py measured: its card, and lists of what it wrote, by table.

    The card tells hardware, versions and settings; "runs" and other tables hold a dictionary an
    entry. Raises ValueError if there are no results of this name.
    """
    names = sorted(path.stem for path in SHIPPED.glob("*.jsonl"))
    if name not in names:
        allowed = ", ".join(map(repr, names))
        raise ValueError(f"there are no results named {name!r}; there are {allowed}.")
    results = load_card(name)
    for line in _read(f"{name}.jsonl").decode("utf-8").splitlines():
        entry = json.loads(line)
        results.setdefault(entry.pop("table"), []).append(entry)
    return results


def save_arrays(arrays: dict[str, np.ndarray], name: str, card: dict) -> Path:
    """Write the arrays to shipped/NAME.npz, and the card with their SHA-256 beside them."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return save_shipped(f"{name}.npz", buffer.getvalue(), card)


def save_weights(network: keras.Model, name: str, card: dict) -> Path:
    """Write the network's weights to shipped/NAME.npz, and their card beside them."""
    arrays = {f"arr_{i}": weights for i, weights in enumerate(network.get_weights())}
    return save_arrays(arrays, name, card)


def save_shipped(file: str, content: bytes, card: dict) -> Path:
    """Write the content to shipped/FILE, or to a FILE elsewhere, and its card beside it."""
    path = SHIPPED / file
    with written_whole(path) as partial:
        partial.write_bytes(content)
    card = {**card, "sha256": hashlib.sha256(content).hexdigest()}
    with written_whole(path.with_suffix(".json")) as partial:
        partial.write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    return path


def _read(file: str) -> bytes:
    """The content of shipped/FILE, once it matches its card."""
    name = Path(file).stem
    try:
        content, expected = (SHIPPED / file).read_bytes(), load_card(name)["sha256"]
    except (OSError, ValueError):
        content, expected = b"", "missing"
    if hashlib.sha256(content).hexdigest() != expected:
        raise ValueError(f"{file} or its card is damaged; install this package again.")
    return content
