"""Who may import and read what: the layer rules, checked on the source."""

from __future__ import annotations

import ast
from pathlib import Path

import networkx as nx
import pytest

from jobs import contracts
from jobs.nights import steps
from jobs.nights.steps import Builder

PROJECT = Path(__file__).resolve().parent.parent
LAYERS = ("signals", "links", "campaigns", "published")
MAY_IMPORT = {"pyspark", "jobs.signals", "jobs.columns", "jobs.vocabulary", "jobs.graph", "pyarrow"}
STAGED_MAY = {*MAY_IMPORT, "jobs.landing", "jobs.privacy.pseudonyms", "jobs.staged"}
ONLY_IN = {
    "yaml": {"jobs/contracts.py"},
    "duckdb": {"jobs/warehouse/"},
    "pyiceberg": {"jobs/lake/", "jobs/contracts.py"},
    "great_expectations": {"jobs/quality/"},
    "pysail": {"jobs/engine.py"},
}
READS_ENVIRONMENT = {
    "jobs/settings.py",
    "jobs/store.py",
    "jobs/engine.py",
    "jobs/cli/commands.py",
    "jobs/quality/expectations.py",
}
STANDARD = set(__import__("sys").stdlib_module_names)
# From the command down to the ground: a room imports only rooms below it.
HOUSE = (
    "cli", "history", "telemetry", "nights", "views", "evaluation", "simulate", "linking",
    "staged", "landing", "quality", "warehouse", "privacy", "lake",
    "published", "campaigns", "links", "signals",
    "graph", "columns", "engine", "contracts", "vocabulary", "settings", "liveness", "memory", "logs", "store", "errors",
)  # fmt: skip


def imports(path: Path) -> set[str]:
    """Full names of everything a file imports, also inside functions."""
    foreign: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            foreign |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            foreign.add(node.module)
    return {name for name in foreign if name.split(".")[0] != "jobs"} | imported_modules(path)


def imported_modules(path: Path) -> set[str]:
    """The project's own modules that a file imports, wherever in it: late and type-only imports make circles too.

    A name that a package hands on counts as an import of the package; a module of it counts as that module alone.
    """
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = {_module_of(alias.name, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {_module_of(f"{node.module}.{alias.name}", node.module) for alias in node.names}
        else:
            continue
        found |= {name for name in names if name.startswith("jobs.")}
    return found


def _module_of(name: str, otherwise: str) -> str:
    place = PROJECT / name.replace(".", "/")
    if place.with_suffix(".py").is_file():
        return name
    if (place / "__init__.py").is_file():
        return f"{name}.__init__"
    return name if otherwise in (name, "") else _module_of(otherwise, "")


def module(path: Path) -> str:
    return relative(path).removesuffix(".py").replace("/", ".")


def room(name: str) -> str:
    return name.split(".")[1]


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((PROJECT / folder).rglob("*.py"))]
    assert found
    return found


def relative(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("path", sources("dags"), ids=relative)
def test_dags_import_nothing_from_jobs(path: Path) -> None:
    assert not {name for name in imports(path) if name.split(".")[0] == "jobs"}


@pytest.mark.parametrize("path", sources(*(f"jobs/{layer}" for layer in LAYERS)), ids=relative)
def test_layer_modules_import_only_what_they_may(path: Path) -> None:
    foreign = {
        name
        for name in imports(path)
        if name.split(".")[0] not in STANDARD and not any(f"{name}.".startswith(f"{may}.") for may in MAY_IMPORT)
    }
    assert not foreign


@pytest.mark.parametrize("path", sources("jobs/staged"), ids=relative)
def test_staged_modules_import_only_what_they_may(path: Path) -> None:
    foreign = {
        name
        for name in imports(path)
        if name.split(".")[0] not in STANDARD and not any(f"{name}.".startswith(f"{may}.") for may in STAGED_MAY)
    }
    assert not foreign


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_store_is_touched_in_one_place(library: str) -> None:
    users = {relative(path) for path in sources("jobs", "dags") if library in {n.split(".")[0] for n in imports(path)}}
    assert users
    assert not {user for user in users if not any(user.startswith(place) for place in ONLY_IN[library])}


def test_the_environment_is_read_in_one_place() -> None:
    users = {relative(path) for path in sources("jobs") if "os.environ" in path.read_text()}
    assert users <= READS_ENVIRONMENT


def test_no_import_goes_up_the_house() -> None:
    assert {room(module(path)) for path in sources("jobs")} == {*HOUSE, "__init__"}
    up = [
        f"{module(path)} imports {name}"
        for path in sources("jobs")
        for name in imported_modules(path)
        if room(module(path)) != "__init__" and HOUSE.index(room(name)) < HOUSE.index(room(module(path)))
    ]
    assert not up


def test_no_imports_go_in_a_circle() -> None:
    arrows = nx.DiGraph((module(path), name) for path in sources("jobs") for name in imported_modules(path))
    assert arrows.number_of_edges() > 200
    circles = [sorted(circle) for circle in nx.strongly_connected_components(arrows) if len(circle) > 1]
    assert not circles


def test_a_circle_behind_a_late_import_is_seen(tmp_path: Path) -> None:
    late = tmp_path / "late.py"
    late.write_text(
        "def f():\n    from jobs.lake import lake\n    import jobs.columns\n    from jobs import contracts\n"
    )
    assert imported_modules(late) == {"jobs.lake.lake", "jobs.columns", "jobs.contracts"}


def test_every_layer_reads_only_the_layers_it_may() -> None:
    may_read = {
        "signals": {"staged", "signals"},
        "links": {"signals", "links", "staged"},
        "campaigns": {"signals", "links", "campaigns", "staged"},
        "published": {"campaigns"},
    }
    decisions = {"staged.case_decisions"}
    facts = {"staged.api_requests", "staged.logins", "staged.charges"}
    transformed = {name: each for name, each in steps.steps().items() if each.builder is Builder.TRANSFORM}
    assert len(transformed) > 40
    for layer in LAYERS:
        for step in contracts.names(layer):
            if step not in transformed:
                continue
            read = set(transformed[step].reads)
            assert {name.split(".")[0] for name in read} <= may_read[layer], step
            assert layer == "signals" or not read & facts, f"{step} reads facts"
            staged = {name for name in read if name.startswith("staged.")}
            assert layer != "links" or staged <= decisions, f"{step} reads more of staged than what analysts decided"


def test_every_table_has_its_five_places() -> None:
    """Staged and published modules only rename and choose; what they do is tested for all of them together."""
    builders = {each.table: each.builder for each in steps.steps().values()}
    for name in contracts.names():
        layer, table = name.split(".")
        if builders[name] in (Builder.STAGE, Builder.TRANSFORM):
            assert (PROJECT / "jobs" / layer / f"{table}.py").is_file(), name
        if layer in ("signals", "links", "campaigns"):
            assert (PROJECT / "tests" / "jobs" / layer / f"test_{table}.py").is_file(), name
