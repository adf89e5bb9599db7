"""A Sphinx extension: KaTeX draws the formulas of a page while the site is built."""

import json
import subprocess
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

SCRIPT = Path(__file__).with_suffix(".js")


def setup(app: Sphinx) -> None:
    """Draw formulas once a page is read; its `node` has to be on the path."""
    app.connect("doctree-resolved", draw)


def draw(app: Sphinx, doctree: nodes.document, name: str) -> None:
    """Put HTML in the place of a page's formulas. Raises RuntimeError if KaTeX refuses one."""
    found = [*doctree.findall(nodes.math), *doctree.findall(nodes.math_block)]
    if not found:
        return
    formulas = [(node.astext(), isinstance(node, nodes.math_block)) for node in found]
    run = subprocess.run(
        ["node", str(SCRIPT)], input=json.dumps(formulas), capture_output=True, encoding="utf-8"
    )
    if run.returncode:
        raise RuntimeError(f"KaTeX cannot draw a formula of {name}:\n{run.stderr}")
    for node, (_, display), page in zip(found, formulas, json.loads(run.stdout), strict=True):
        page = f'<div class="formula">{page}</div>' if display else page
        node.replace_self(nodes.raw("", page, format="html"))
