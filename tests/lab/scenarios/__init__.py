"""The scenarios, one file a topic; each file has a list SCENARIOS."""

from __future__ import annotations

import importlib
import pkgutil

from model import Scenario


def load() -> list[Scenario]:
    """All scenarios in a fixed order; names are unique."""
    found: list[Scenario] = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        found += importlib.import_module(f"{__name__}.{module.name}").SCENARIOS
    names = [scenario.name for scenario in found]
    doubled = {name for name in names if names.count(name) > 1}
    if doubled:
        raise ValueError(f"scenario names used twice: {sorted(doubled)}")
    return found
