"""Marks by which the actors of a run wait for each other, outside the network that they use."""

from __future__ import annotations

import time
from pathlib import Path

POLL = 0.003


class Marks:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def set(self, name: str) -> None:
        (self.folder / name).touch()

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    def wait(self, name: str, timeout: float = 3600.0) -> bool:
        end = time.monotonic() + timeout
        while not self.has(name):
            if time.monotonic() > end:
                return False
            time.sleep(POLL)
        return True
