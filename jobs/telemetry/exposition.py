"""The Prometheus text format (version 0.0.4), which a textfile collector of node_exporter reads.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_FAMILY, _LABEL = re.compile(r"\w+"), re.compile(r'[{,](\w+)="((?:[^"\\]|\\.)*)"')


def sample(family: str, value: float, **labels: str) -> str:
    """One line: a value of a family, told apart by its labels."""
    said = ",".join(f'{name}="{_escaped(each)}"' for name, each in labels.items())
    return f"{family}{{{said}}} {float(value)!r}" if said else f"{family} {float(value)!r}"


def family_of(sample: str) -> str:
    found = _FAMILY.match(sample)
    assert found is not None, f"no sample: {sample}"
    return found[0]


def labels_of(sample: str) -> dict[str, str]:
    """Labels as they are written, with escapes."""
    return dict(_LABEL.findall(sample))


def samples_in(text: str) -> list[str]:
    """The samples of a text that `document` wrote."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def document(samples: Iterable[str], meanings: Mapping[str, str]) -> str:
    """All samples, family by family, in the order of `meanings`: family to what a value of it is. All are gauges."""
    families: dict[str, list[str]] = {family: [] for family in meanings}
    for each in samples:
        families[family_of(each)].append(each)
    lines = []
    for family, values in families.items():
        if values:
            lines += [f"# HELP {family} {meanings[family]}", f"# TYPE {family} gauge", *values]
    return "".join(f"{line}\n" for line in lines)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
