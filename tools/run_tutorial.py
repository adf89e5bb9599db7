"""Execute the notebooks, each in a fresh kernel.

`make tutorial` writes the executed notebooks and the GIF into outputs/, two at a time where there
are two cores. `make notebooks` (--in-place) renews the outputs that are saved in notebooks/
instead, one after the other, so that their times are those of a notebook alone.
"""

import argparse
import asyncio
import contextlib
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import ClassVar

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "site"))
import explorers  # noqa: E402
import pages  # noqa: E402

NOTEBOOKS = ROOT / "notebooks"
OUTPUTS = ROOT / "outputs"
SITE = ROOT / "site"
# Run in a notebook's kernel, after an explorer of what the notebook made
EXPORT = """\
import pathlib, sys
sys.path.insert(0, {site!r})
import weights
weights.export({function!r}, {shown}, pathlib.Path({path!r}))
sys.path.remove({site!r})
"""
CORES = os.cpu_count() or 1
AT_ONCE = min(2, CORES)
# For kernels side by side: each gets its share of the cores, and of a GPU's memory what it needs.
SHARES = {
    "TF_NUM_INTRAOP_THREADS": str(max(1, CORES // AT_ONCE)),
    "OMP_NUM_THREADS": str(max(1, CORES // AT_ONCE)),  # NumPy's matrix products
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
}
GIF = "interpolation.gif"  # written by 06_interpolation into its working directory
# Without a version; converters take the file ending and the colors from it
LANGUAGE = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}


class Failure(Exception):
    """A notebook did not run to its end; the message says where and why."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Executes the notebooks in order, each in a fresh kernel."
    )
    parser.add_argument(
        "--in-place", action="store_true", help="save into notebooks/ and not into outputs/"
    )
    parser.add_argument(
        "names", nargs="*", help="which notebooks, such as 05_training (default: all)"
    )
    arguments = parser.parse_args()
    try:
        books = find_books(NOTEBOOKS, arguments.names)
        started = time.monotonic()
        if arguments.in_place:
            run_in_place(books)
            where = "The notebooks hold their new outputs"
        else:
            run_tutorial(books, OUTPUTS)
            where = f"The executed notebooks and {GIF} are in {OUTPUTS.name}/"
        print(f"{where} ({time.monotonic() - started:.0f} s in all).")
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    return 0


def find_books(folder: Path, names: Sequence[str] = ()) -> list[Path]:
    """Give the numbered notebooks of a folder in order, or those that are named."""
    books = {path.stem: path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}
    for name in names:
        if name not in books:
            raise Failure(f"There is no notebook {name!r}; there are {', '.join(books)}.")
    return [books[name] for name in names or books]


def run_tutorial(books: Sequence[Path], outputs: Path) -> None:
    """Execute the notebooks into `outputs`, their working directory, and keep one that fails."""
    outputs.mkdir(exist_ok=True)
    for old in [outputs / GIF, *(outputs / book.name for book in books)]:
        old.unlink(missing_ok=True)
    run(_execute_all(books, outputs))
    if not (outputs / GIF).exists():
        raise Failure(f"The notebooks ran, but none of them wrote {GIF}.")


async def _execute_all(books: Sequence[Path], outputs: Path) -> None:
    """Execute the notebooks, AT_ONCE at a time; the first that fails stops the others."""
    everything, turn = asyncio.current_task(), asyncio.Semaphore(AT_ONCE)

    async def execute_one(number: int, book: Path) -> None:
        async with turn:
            notebook = nbformat.read(book, as_version=4)
            title = f"[{number}/{len(books)}] {book.stem}"
            try:
                await _execute(notebook, outputs, title, everything, env={**os.environ, **SHARES})
            finally:
                if not asyncio.current_task().cancelling():  # by another's failure, or Ctrl-C
                    nbformat.write(notebook, outputs / book.name)

    try:
        async with asyncio.TaskGroup() as group:
            for number, book in enumerate(books, 1):
                group.create_task(execute_one(number, book))
    except* Failure as failures:
        raise failures.exceptions[0] from None


def run_in_place(books: Sequence[Path]) -> None:
    """Renew the outputs that the notebooks are saved with. One that fails stays as it was.

    What a notebook trains and shows in an explorer is written for the site, too.
    """
    for number, book in enumerate(books, 1):
        notebook = nbformat.read(book, as_version=4)
        exports = add_exports(notebook, book.stem)
        with tempfile.TemporaryDirectory() as folder:
            execute(notebook, Path(folder), f"[{number}/{len(books)}] {book.stem}")
        notebook.cells = [cell for cell in notebook.cells if cell not in exports]
        count_anew(notebook)
        remove_traces(notebook)
        nbformat.write(notebook, book)


def add_exports(notebook: nbformat.NotebookNode, name: str) -> list[nbformat.NotebookNode]:
    """Add and give cells, below its explorers, that write what they show to site/networks/."""
    exports = []
    for number, explorer in enumerate(explorers.find(notebook), 1):
        if explorer.of_notebook:
            source = EXPORT.format(
                site=str(SITE),
                function=explorer.function,
                shown=explorer.shown,
                path=str(pages.own_network(name, number)),
            )
            exports.append(nbformat.v4.new_code_cell(source))
            notebook.cells.insert(explorer.cell + len(exports), exports[-1])
    return exports


def count_anew(notebook: nbformat.NotebookNode) -> None:
    """Number the executed cells as if no other had run between them."""
    executed = [cell for cell in notebook.cells if cell.get("execution_count")]
    for number, cell in enumerate(executed, 1):
        cell.execution_count = number
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = number


def remove_traces(notebook: nbformat.NotebookNode) -> None:
    """Remove what differs between machines and tells the reader nothing.

    That is versions, timings and the widgets' state.
    """
    for key in notebook.metadata.keys() - {"accelerator", "colab"}:
        del notebook.metadata[key]
    notebook.metadata.kernelspec = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    notebook.metadata.language_info = LANGUAGE
    for cell in notebook.cells:
        for key in cell.metadata.keys() - {"tags"}:
            del cell.metadata[key]
        for output in cell.get("outputs", []):  # a widget's id, new in every run; its picture stays
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)


def execute(notebook: nbformat.NotebookNode, folder: Path, title: str) -> None:
    """Execute a notebook with `folder` as its working directory, and say how far it is."""
    run(_execute(notebook, folder, title))


def run(work: Coroutine) -> None:
    """Run it to its end, or to Ctrl-C."""
    try:
        asyncio.run(work)
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _execute(
    notebook: nbformat.NotebookNode,
    folder: Path,
    title: str,
    everything: asyncio.Task | None = None,
    **kernel,
) -> None:
    """Execute a notebook; everything: the task that Ctrl-C stops, this one if None."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    current = None
    progress = Progress(title, len(cells))
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    everything = everything or task

    def on_start(**_) -> None:
        # In place of nbclient's own handler, which this would not hear of. (Windows has none and
        # needs none.)
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(signal.SIGINT, everything.cancel)

    def on_cell(cell, **_) -> None:
        nonlocal current
        current = cell
        progress.cell += 1
        progress.show()

    client = NotebookClient(
        notebook,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],  # newer kernels warn of their own transport
        timeout=None,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        on_notebook_start=on_start,
        on_cell_execute=on_cell,
    )
    ticking, done = asyncio.create_task(progress.tick()), False
    try:
        await client.async_execute(**kernel)
    except CellExecutionError:
        error = next(output for output in current.outputs if output.output_type == "error")
        traceback = "\n".join(error.traceback)
        raise Failure(_describe(title, progress.cell, current, traceback)) from None
    except DeadKernelError:
        if task.cancelling():  # nbclient takes any cancellation for the kernel's death
            raise asyncio.CancelledError from None
        reason = "Its kernel died; too little memory is the usual cause."
        raise Failure(_describe(title, progress.cell, current, reason)) from None
    else:
        done = True
    finally:
        ticking.cancel()
        progress.end(done)


def _describe(title: str, number: int, cell: nbformat.NotebookNode | None, error: str) -> str:
    if cell is None:
        return f"{title} could not start.\n{error}"
    lines = cell.source.strip().splitlines()
    source = "\n".join(f"    {line}" for line in [*lines[:5], *(["..."] if len(lines) > 5 else [])])
    colorless = re.sub(r"\x1b\[[0-9;]*m", "", error)
    return f"{title} failed in its code cell {number}:\n\n{source}\n\n{colorless}"


class Progress:
    """Which notebook, which code cell, seconds so far.

    A changing line on a terminal, for all that run; else a plain one when it is done.
    """

    running: ClassVar[list["Progress"]] = []

    def __init__(self, title: str, cells: int):
        self.title, self.cells, self.cell = title, cells, 0
        self.started = time.monotonic()
        self.running.append(self)

    def show(self) -> None:
        if sys.stdout.isatty():
            parts = (f"{one.title}: cell {one.cell}, {one.seconds()}" for one in self.running)
            print(f"\r{'   '.join(parts)[:78]:<78}", end="", flush=True)

    async def tick(self) -> None:
        while True:
            self.show()
            await asyncio.sleep(1)

    def end(self, done: bool) -> None:
        self.running.remove(self)
        if done:
            line = f"{self.title}: {self.cells} code cells, {self.seconds()}"
            print(f"\r{line:<78}" if sys.stdout.isatty() else line, flush=True)

    def seconds(self) -> str:
        return f"{time.monotonic() - self.started:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
