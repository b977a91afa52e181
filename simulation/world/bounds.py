"""What holds for every figure of a scenario, by the end of its name: shares, times, spreads, factors. Pure."""

from dataclasses import fields
from typing import Any

SPREAD_MAX = 5.0  # of a logarithm: beyond that nothing is like anything


def bounded(node: Any) -> None:  # noqa: ANN401 - any dataclass
    """Raise ValueError, which names the key, where a figure cannot be what its name says."""
    for one in fields(node):
        value = getattr(node, one.name)
        for figure in value if isinstance(value, tuple) else (value,):
            if type(figure) in {int, float} and (wrong := _wrong(one.name, figure)):
                raise ValueError(f"{one.name} is {figure:g}: {wrong}")


def _wrong(name: str, figure: float) -> str:
    """What is wrong with it; nothing where all is well."""
    if name.endswith("_share"):
        return "" if 0.0 <= figure <= 1.0 else "a share lies between 0 and 1"
    if name.endswith("sigma"):
        return "" if 0.0 <= figure <= SPREAD_MAX else f"a spread lies between 0 and {SPREAD_MAX:g}"
    return "" if figure >= 0.0 else "0 is the least"
