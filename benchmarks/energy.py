"""How long did computers work for what is stored here? Drawn in notebook 11.

    python benchmarks/energy.py        # a second: it measures nothing, it adds up

From every log, the seconds that its entries hold; and what a reader's own runs take: a step of
each recipe, and all notebooks once, by the times that they name. `make tables` runs it again; a
test says when a log has changed.
"""

import json
import re
from pathlib import Path

import nbformat

import common
from cgan_utils.files import SHIPPED, save_shipped

NAME = "energy"
NOTEBOOKS = common.RESULTS.parent.parent / "notebooks"
CARD = {
    "what": "seconds of computing, added up from all logs",
    "command": "python benchmarks/energy.py",
    "license": "MIT",
}
# What tells runs apart, besides all that is no fraction: a run that was looked at on its way has
# several entries, and its last one holds all of its seconds.
SETTINGS = re.compile(r"weight|rate|share")
ON_THE_WAY = {"seconds", "steps", "epochs", "samples"}


def work(entry: dict) -> tuple[str, float] | None:
    """Give the processor of an entry and its seconds there, or None if it holds none."""
    if "device" in entry and "seconds" in entry:
        device, seconds = entry["device"], entry["seconds"] / entry.get("runs_at_once", 1)
        threads = re.match(r"\d+(?= threads)", device)
        return ("CPU core", int(threads[0]) * seconds) if threads else (device, seconds)
    if "cpu_seconds" in entry:
        return "CPU core", entry["cpu_seconds"]
    if "cpu_ms_a_step" in entry:
        return "CPU core", entry["cpu_ms_a_step"] / 1000 * entry["steps"]
    if "seconds" in entry:  # on the clock of a machine with two cores
        return "CPU core", 2 * entry["seconds"]
    return None


def identity(entry: dict) -> str:
    """Give what all entries of one run have in common."""
    common_to_all = {
        key: value
        for key, value in entry.items()
        if key not in ON_THE_WAY
        and (value is None or isinstance(value, str | bool | int) or SETTINGS.search(key))
    }
    return json.dumps(common_to_all, sort_keys=True)


def of_log(path: Path) -> list[dict]:
    """Give an entry for each processor that worked for a log: its seconds, and how many runs."""
    log, last = common.Log(path.stem, path.parent), {}
    for number, entry in enumerate(log.entries):
        seconds = work(entry)
        if seconds:
            last[identity(entry) if "device" in entry else number] = seconds
    return [
        {
            "table": "work",
            "log": path.stem,
            "processor": processor,
            "seconds": round(sum(s for p, s in last.values() if p == processor)),
            "runs": sum(p == processor for p, _ in last.values()),
        }
        for processor in sorted({processor for processor, _ in last.values()})
    ]


def silent(path: Path) -> bool:
    """Say whether a log holds runs and no seconds."""
    entries = common.Log(path.stem, path.parent).entries
    return any(e["table"] == "runs" for e in entries) and not any(map(work, entries))


def notebook_seconds() -> int:
    """Give the seconds that all notebooks take on two cores, by their own words."""
    openings = [nbformat.read(path, 4).cells[0].source for path in NOTEBOOKS.glob("*.ipynb")]
    times = [re.search(r"^Time: .*?(\d+) s\b", text, re.MULTILINE)[1] for text in openings]
    return sum(map(int, times))


def collect() -> list[dict]:
    """Give all entries of the table that is shipped."""
    logs = sorted([*common.RESULTS.glob("*.jsonl"), *SHIPPED.glob("*.jsonl")])
    logs = [path for path in logs if path.stem != NAME]
    speed = [
        {key: entry[key] for key in ("recipe", "seconds_a_step")}
        for entry in common.Log("recipes_60000").table("speed")
    ]
    return [
        *(entry for path in logs for entry in of_log(path)),
        *({"table": "silent", "log": path.stem} for path in logs if silent(path)),
        *({"table": "speed", **entry} for entry in speed),
        {"table": "notebooks", "seconds": notebook_seconds()},
    ]


def main() -> None:
    lines = [json.dumps(entry) for entry in collect()]
    save_shipped(f"{NAME}.jsonl", "".join(f"{line}\n" for line in lines).encode(), CARD)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
