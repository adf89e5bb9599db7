"""Measured results that come with the package: what the benchmarks wrote and the notebooks draw."""

import json
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def load_results(name: str) -> dict:
    """What benchmarks/NAME.py measured: hardware, versions, seeds, sizes and curves.

    Raises ValueError if there are no results of this name.
    """
    names = sorted(path.stem for path in RESULTS.glob("*.json"))
    if name not in names:
        allowed = ", ".join(map(repr, names))
        raise ValueError(f"there are no results named {name!r}; there are {allowed}.")
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
