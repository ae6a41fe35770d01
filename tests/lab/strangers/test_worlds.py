"""Worlds of strangers keep the input contract, and a seed gives the same bytes every time."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.lab.strangers.check import problems
from tests.lab.strangers.deliver import deliver
from tests.lab.strangers.population import populate
from tests.lab.strangers.world import World


def write(folder: Path, seed: int, campaigns: bool) -> Path:
    world = World(seed, 2, 2_500)
    populate(world, campaigns=campaigns)
    deliver(world, folder)
    return folder


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


@pytest.mark.parametrize("campaigns", [True, False])
def test_a_world_keeps_the_input_contract(tmp_path: Path, campaigns: bool) -> None:
    assert problems(write(tmp_path, 5, campaigns)) == []


def test_a_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    assert digest(write(tmp_path / "one", 6, True)) == digest(write(tmp_path / "two", 6, True))
