"""The architecture as a test: who may import whom, what the core may not do, and how long things may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("asterisk_config", "dialer", "pacing", "recordings", "simulation")
FILE_LINES_MAX = 450
FUNCTION_LINES_MAX = 50

# What each place may import of ours, by prefix; the longest prefix of a module's name that stands here rules it.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "pacing": ("pacing",),
    "dialer.core": ("dialer.core", "pacing"),
    "dialer.asterisk": ("dialer.asterisk", "dialer.core", "dialer.errors", "dialer.ports"),
    "dialer.store": ("dialer.store", "dialer.core", "dialer.errors", "dialer.leads.numbers", "pacing"),
    "dialer.leads": ("dialer.leads", "dialer.store", "dialer.core", "dialer.errors"),
    "dialer.web": ("dialer", "pacing", "recordings"),
    "dialer": ("dialer", "pacing", "recordings", "asterisk_config.toml_reader", "asterisk_config.toml_lines"),
    "dialer.doctor.switch": ("dialer", "asterisk_config.edition"),
    "dialer.web.phone_routes": ("dialer", "asterisk_config.phone_secret"),
    "dialer.web.do_not_call_routes": ("dialer", "asterisk_config.scripts.opt_out_words"),
    "recordings": (
        "recordings",
        "dialer.core",
        "dialer.store",
        "dialer.errors",
        "dialer.leads.safe_csv",
        "pacing.stats",
    ),
    "asterisk_config": ("asterisk_config",),
    "simulation": ("simulation", "dialer", "pacing", "asterisk_config"),
}
PURE = ("pacing", "dialer.core")
PURE_LIBRARY = frozenset(
    {"bisect", "collections", "collections.abc", "dataclasses", "datetime", "decimal", "enum", "functools", "heapq"}
    | {"itertools", "math", "numpy", "numpy.typing", "operator", "re", "statistics", "types", "typing", "urllib.parse"}
    | {"zoneinfo"}
)
COMMAND_OF_PACING = "pacing.command"  # the filter `dialer pace`: pacing's one door to the outside
CLOCKS = frozenset({"now", "today", "utcnow"})


def modules() -> Iterator[tuple[str, Path]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield name, path


MODULES = tuple(modules())


def within(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides where it leads"
            assert node.module is not None
            for alias in node.names:
                deeper = f"{node.module}.{alias.name}"
                is_module = any(name == deeper for name, _ in MODULES)
                yield node.lineno, deeper if is_module else node.module


@pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_the_arrows_between_rooms(name: str, path: Path) -> None:
    rule = max((prefix for prefix in MAY_IMPORT if within(name, (prefix,))), key=len)
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {imported}"
        for line, imported in imports(path)
        if imported.split(".")[0] in ROOMS and not within(imported, MAY_IMPORT[rule])
    ]
    assert wrong == []


@pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_nothing_of_the_product_knows_of_the_demo(name: str, path: Path) -> None:
    if within(name, ("dialer", "pacing", "recordings", "asterisk_config")):
        assert "simulation" not in path.read_text(), f"{name} names the simulation"


PURE_MODULES = tuple((name, path) for name, path in MODULES if within(name, PURE) and name != COMMAND_OF_PACING)


@pytest.mark.parametrize(("name", "path"), PURE_MODULES, ids=[name for name, _ in PURE_MODULES])
def test_the_core_has_no_clock_no_chance_and_no_io(name: str, path: Path) -> None:
    foreign = {imported for _, imported in imports(path) if imported.split(".")[0] not in ROOMS}
    assert foreign <= PURE_LIBRARY
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = node.func
            assert not (isinstance(called, ast.Name) and called.id in {"open", "print", "input"}), f"{name}: I/O"
            assert not (isinstance(called, ast.Attribute) and called.attr in CLOCKS), f"{name}: reads a clock"


def all_files() -> Iterator[Path]:
    yield from (path for _, path in MODULES)
    yield from sorted((ROOT / "tests").rglob("*.py"))
    yield from sorted((ROOT / "benchmarks").rglob("*.py"))


@pytest.mark.parametrize("path", tuple(all_files()), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_fit_on_a_screen(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= FILE_LINES_MAX
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            docstring = (first.end_lineno or 0) - first.lineno + 1 if told else 0
            length = (node.end_lineno or 0) - node.lineno + 1 - docstring
            assert length <= FUNCTION_LINES_MAX, f"{path}:{node.lineno} {node.name} has {length} lines"


@pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_every_module_says_what_it_is_for(name: str, path: Path) -> None:
    if text := path.read_text().strip():
        assert ast.get_docstring(ast.parse(text)), f"{name} has no docstring"


# One waits for a server process of others to open its port; the other is the loop whose clock leaps.
SLEEP_ALLOWED = frozenset({"private_postgres.py", "virtual_time.py"})


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_test_sleeps_to_wait_or_mocks_our_own_code(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sleep":
            nothing = node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
            assert nothing or path.name in SLEEP_ALLOWED, f"{path}:{node.lineno} sleeps"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            assert not any("mock" in one for one in names), f"{path}:{node.lineno} mocks"
