"""Which texts the modules of a page may ask for: read from the page's template and the modules it loads."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

WEB = Path(__file__).parent.parent
_LOADED = re.compile(r'src="/static/(js/[\w/.]+\.js)"')
_PARENT = re.compile(r'\{%\s*extends\s*"([\w.]+)"')
_PART = re.compile(r'\{%\s*include\s*"([\w.]+)"')
_IMPORTED = re.compile(r'(?:from\s*|import\s*\(?\s*)"(\.[\w/.]+\.js)"')
_KEY = re.compile(r'\btn?\(\s*"([\w.]+)"')
_GROUP = re.compile(r'\b(?:word|sentence)\(\s*"(\w+)"')
_NAMED = re.compile(r"import\s*\{([^}]*)\}\s*from\s*\"[\w/.]*texts\.js\"")
_BY_FUNCTION = {"reason": ("kept", "reason"), "problem": ("problem", "refusal")}  # which groups texts.js looks in
_TEXTS = "texts.js"


@cache
def asked_on(template: str) -> tuple[frozenset[str], frozenset[str]]:
    """The keys and the groups of keys that the modules of the page of this template may ask for."""
    found = [_asked(path) for path in _modules(template)]
    return frozenset().union(*(keys for keys, _ in found)), frozenset().union(*(groups for _, groups in found))


def is_asked(key: str, template: str) -> bool:
    """Whether a module of the page may ask for the text."""
    keys, groups = asked_on(template)
    return key in keys or key.partition(".")[0] in groups


def _modules(template: str) -> set[Path]:
    """Every module that the page loads, by itself or by another one."""
    found: set[Path] = set()
    open_ = [WEB / "static" / name for text in _sources(template) for name in _LOADED.findall(text)]
    while open_:
        path = open_.pop().resolve()
        if path not in found:
            found.add(path)
            open_ += [path.parent / name for name in _IMPORTED.findall(path.read_text(encoding="utf-8"))]
    return found


def _sources(template: str) -> Iterator[str]:
    """The template, what it extends and what it includes."""
    text = (WEB / "templates" / template).read_text(encoding="utf-8")
    yield text
    for name in (*_PARENT.findall(text), *_PART.findall(text)):
        yield from _sources(name)


def _asked(module: Path) -> tuple[frozenset[str], frozenset[str]]:
    if module.name == _TEXTS:
        return frozenset(), frozenset()
    text = module.read_text(encoding="utf-8")
    named = {one.split(" as ")[0].strip() for names in _NAMED.findall(text) for one in names.split(",")}
    groups = {group for name in named for group in _BY_FUNCTION.get(name, ())}
    return frozenset(_KEY.findall(text)), frozenset({*groups, *_GROUP.findall(text)})
