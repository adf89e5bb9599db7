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
    for seconds in ("seconds", "wall_seconds"):
        if seconds in entry:  # on the clock of a machine with two cores
            return "CPU core", 2 * entry[seconds]
    return None


def estimate(entry: dict, log: common.Log) -> float | None:
    """Give the seconds of a lab's run on one CPU core, or None if its log does not tell them.

    They ran on a GPU, whose seconds were not kept; but the time of a step on one core was measured,
    to give all ways of a lab the same computing time.
    """
    if entry["table"] not in ("runs", "trials"):
        return None
    if "budget_steps" in log.card:  # all runs have the computing time of so many quick steps
        step = log.card["seconds_a_step"]["quick recipe"]
        return entry.get("budget", 1) * log.card["budget_steps"] * step
    costs = {(s["way"], s["mismatched_weight"]): s["seconds_a_step"] for s in log.table("speed")}
    if not costs:
        return None
    way = entry["way"].partition(",")[0]  # "none, labels drawn anew" is "none" with other labels
    return entry["steps"] * costs[way, entry["mismatched_weight"]]


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
    """Give an entry for each processor that worked for a log: its seconds, and how many runs.

    A log that holds runs and tells no seconds has an entry in the table "silent".
    """
    log, last = common.Log(path.stem, path.parent), {}
    measured = any(map(work, log.entries))
    for number, entry in enumerate(log.entries):
        seconds = work(entry)
        if not measured and (estimated := estimate(entry, log)):
            seconds = "CPU core", estimated
        if seconds:
            last[identity(entry) if "device" in entry else number] = seconds
    runs = sum(len(log.table(name)) for name in ("runs", "trials", "reports"))
    if not last and runs:
        return [{"table": "silent", "log": path.stem, "runs": runs}]
    return [
        {
            "table": "work",
            "log": path.stem,
            "processor": processor,
            "estimated": not measured,
            "seconds": round(sum(s for p, s in last.values() if p == processor)),
            "runs": sum(p == processor for p, _ in last.values()),
        }
        for processor in sorted({processor for processor, _ in last.values()})
    ]


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
        *({"table": "speed", **entry} for entry in speed),
        {"table": "notebooks", "seconds": notebook_seconds()},
    ]


def main() -> None:
    lines = [json.dumps(entry) for entry in collect()]
    save_shipped(f"{NAME}.jsonl", "".join(f"{line}\n" for line in lines).encode(), CARD)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
