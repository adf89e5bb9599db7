"""Which cells of a notebook show an explorer, and of what: read from their code alone."""

import ast
from dataclasses import dataclass, field

import nbformat

# The last call of a cell, and the element in which its picture comes to life
ELEMENTS = {
    "explore": "cgan-digit",
    "explore_mixture": "cgan-mixture",
    "explore_interpolation": "cgan-walk",
    "explore_training": "cgan-strip",
    "explore_discriminator": "cgan-scores",
    "explore_attributes": "cgan-attributes",
    "play_game": "cgan-game",
}


@dataclass
class Explorer:
    """A cell's last call. shown: the code of its first argument, "" if it has none.

    shipped: the data set whose shipped files it shows, or "" where the notebook made it. settings:
    the arguments by name, as far as the notebook's code alone says what they are.
    """

    cell: int
    function: str
    shown: str
    shipped: str
    settings: dict = field(default_factory=dict)

    @property
    def of_notebook(self) -> bool:
        """Whether it shows what the notebook itself has made."""
        return bool(self.shown) and not self.shipped


def find(notebook: nbformat.NotebookNode) -> list[Explorer]:
    """Give the explorers of a notebook, in order."""
    found, values = [], {}
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        try:
            statements = ast.parse(cell.source).body
        except SyntaxError:  # a magic command: a line for IPython alone
            continue
        for statement in statements:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                values[statement.targets[0].id] = statement.value
        call = statements[-1].value if statements and isinstance(statements[-1], ast.Expr) else None
        function = name_of(call)
        if function not in ELEMENTS:
            continue
        first = values.get(getattr(call.args[0], "id", ""), call.args[0]) if call.args else None
        settings = {keyword.arg: constant(keyword.value, values) for keyword in call.keywords}
        found.append(
            Explorer(
                number,
                function,
                ast.unparse(call.args[0]) if call.args else "",
                shipped_by(first),
                {name: value for name, value in settings.items() if value is not None},
            )
        )
    return found


def name_of(call: ast.expr | None) -> str:
    """Give NAME for a call cg.NAME(…), else ""."""
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name("cg"), attr=name)):
            return name
    return ""


def shipped_by(expression: ast.expr | None) -> str:
    """Give the data set named in cg.load_pretrained("…") or cg.load_strip("…"), else ""."""
    if name_of(expression) not in {"load_pretrained", "load_strip"}:
        return ""
    return constant(expression.args[0], {}) if expression.args else "mnist"


def constant(expression: ast.expr, values: dict[str, ast.expr]):
    """Give what an expression stands for, or None unless it is written out in the notebook."""
    if isinstance(expression, ast.Name):
        expression = values.get(expression.id, expression)
    try:
        return ast.literal_eval(expression)
    except ValueError:
        return None
