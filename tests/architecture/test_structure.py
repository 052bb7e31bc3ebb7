"""What the form of the code promises."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

from orchestrator import errors

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "orchestrator"
RECIPE = "orchestrator.embedded.pocket.recipe"

GROUND = {path.stem for path in PACKAGE.glob("*.py")} - {
    "project",
    "layers",
    "publish",
    "assemble",
    "preflight",
    "doctor",
    "__init__",
}
ROOMS: list[set[str]] = [
    GROUND,
    {"media", "webui", "pipeline"},
    {"dataset", "training", "stylization", "regions", "metrics", "report", "gate", "picking", "embedded"},
    {"project"},
    {"publish", "layers"},
    {"stages"},
    {"assemble"},
    {"preflight"},
    {"doctor"},
    {"cli"},
    {"recipe"},
]
SIBLINGS_MAY_MEET = GROUND


def imports() -> dict[str, set[str]]:
    """Return for each module of the package the modules of the package that it imports, anywhere in it."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }
    found: dict[str, set[str]] = {}
    for name, path in modules.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        found[name] = {each for each in names if each in modules and each != name}
    return found


def room(module: str) -> str:
    if module.startswith(RECIPE):
        return "recipe"  # how pocket was made: programs on top of everything, which nothing imports
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def test_imports_go_one_way() -> None:
    """A room imports only from rooms below it, never from a sibling."""
    level = {name: height for height, names in enumerate(ROOMS) for name in names}
    wrong = [
        f"{module} imports {other}"
        for module, others in imports().items()
        for other in others
        if (here := room(module)) and (there := room(other)) and here != there
        if level[there] >= level[here] and not {here, there} <= SIBLINGS_MAY_MEET
    ]
    assert wrong == []


def test_every_room_has_its_place() -> None:
    """A new folder must be given a place in the order of imports."""
    known = set().union(*ROOMS)
    assert {room(module) for module in imports()} - {""} <= known


def test_there_are_no_cycles() -> None:
    """No module needs itself, by whatever way round."""
    graph = {
        name: {other for other in others if not name.startswith(f"{other}.")}
        for name, others in imports().items()
    }
    TopologicalSorter(graph).prepare()


def test_the_embedded_programs_are_reached_only_as_programs() -> None:
    """Nothing outside imports them: they could be replaced by the real ones at any time."""
    wrong = [
        module
        for module, others in imports().items()
        if room(module) not in {"embedded", "recipe"} and any(room(other) == "embedded" for other in others)
    ]
    assert wrong == []


def test_exit_codes_are_unique_and_drawn_in_the_tree() -> None:
    """Each concrete error has one exit code of its own, and the tree at the top of the file names it."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    codes = [
        kind.exit_code for kind in kinds if "exit_code" in vars(kind) and kind is not errors.OrchestrateError
    ]
    assert len(codes) == len(set(codes)) > 10
    assert not {0, 1, 2} & set(codes)
    assert errors.__doc__ is not None
    for kind in kinds:
        if kind is not errors.OrchestrateError and "exit_code" in vars(kind):
            assert f"{kind.__name__}" in errors.__doc__
            assert f" {kind.exit_code}  " in errors.__doc__


def test_files_and_functions_stay_small() -> None:
    """No file over 400 lines; of ten functions at most one is longer than 25 lines."""
    lengths = []
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, f"{path} has grown too long"
        functions = [
            n for n in ast.walk(ast.parse(text)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
        ]
        lengths += [(node.end_lineno or 0) - node.lineno + 1 for node in functions]
    assert sorted(lengths)[int(len(lengths) * 0.9)] <= 25


def test_every_test_says_what_it_tests() -> None:
    """A test function begins with one sentence of behaviour."""
    silent = [
        f"{path.name}: {node.name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_no_vague_rooms() -> None:
    """There is no drawer for odds and ends."""
    vague = {"utils", "helpers", "common", "misc"}
    assert not [path for path in PACKAGE.rglob("*.py") if path.stem in vague or path.parent.name in vague]
