"""The linker against the exact posterior of the model that made the file: where that is sure, the linker agrees.

A file has one hand, and each account is its with probability `share`. For each kind of thing the hand has one of the things that
accounts share, any of them. Its accounts have that with probability `kept`, and else what a stranger has; a stranger has the
hand's thing with probability `leaked`, and else one of the other shared things with probability CROWDED, or one of its own.
The posterior of every account is summed exactly over all things that could be the hand's (Bayes, all probabilities known). The
linker knows neither the things nor the probabilities, nor how many hands there are.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from pyspark.sql import SparkSession

from tests.jobs.linking.test_files import Met, link

CROWDED = 0.25
SURE = 0.99
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Model:
    """`things` that accounts share of each kind; `noise`: kinds of which every account has any of a few things."""

    accounts: int
    share: float
    kinds: int
    kept: float
    leaked: float
    noise: int
    seed: int

    @property
    def things(self) -> int:
        return 3 + self.accounts // 12

    def draw(self) -> tuple[Met, Ints]:
        """The file, and the shared thing (-1: its own) of each account and kind; the hand's are 0."""
        chance = random.Random(repr(self))
        has = np.full((self.accounts, self.kinds), -1, dtype=np.int64)
        met = []
        for n in range(self.accounts):
            is_hand = chance.random() < self.share
            for kind in range(self.kinds):
                if (is_hand and chance.random() < self.kept) or chance.random() < self.leaked:
                    has[n, kind] = 0
                elif chance.random() < CROWDED:
                    has[n, kind] = chance.randrange(1, self.things)
                thing = f"own {n}" if has[n, kind] < 0 else f"thing {has[n, kind]} of {kind}"
                met.append((f"a{n:04d}", f"kind{kind}", thing))
            met += [
                (f"a{n:04d}", f"noise{kind}", f"{chance.randrange(1, 4 + self.accounts // 8)}")
                for kind in range(self.noise)
            ]
        return met, has

    def posterior(self, has: Ints) -> Floats:
        """Per account the probability that it is the hand's."""
        other = (1 - self.leaked) * np.where(has < 0, 1 - CROWDED, CROWDED / (self.things - 1))[:, :, None]
        is_it = has[:, :, None] == np.arange(self.things)
        stranger = np.log(np.where(is_it, self.leaked, other))
        hand = np.log(np.where(is_it, self.kept + (1 - self.kept) * self.leaked, (1 - self.kept) * other))
        of_hand, of_stranger = (_over_all_choices(each) for each in (hand, stranger))
        of_hand, of_stranger = of_hand + np.log(self.share), of_stranger + np.log(1 - self.share)
        either = np.logaddexp(of_hand, of_stranger)
        weight = either.sum(axis=1)
        weight = np.exp(weight - weight.max())
        found: Floats = weight @ np.exp(of_hand - either) / weight.sum()
        return found


def _over_all_choices(logs: Floats) -> Floats:
    """Choices of one thing for each kind by accounts: the sum over kinds of `logs` (accounts, kinds, things)."""
    total = np.zeros((1, len(logs)))
    for kind in range(logs.shape[1]):
        total = (total[:, None, :] + logs[:, kind, :].T[None, :, :]).reshape(-1, len(logs))
    return total


def test_the_oracle_is_the_sum_over_all_files_of_a_small_world() -> None:
    """Against the definition, one account and one choice at a time."""
    model = Model(5, 0.4, 2, 0.9, 0.05, 0, 1)
    has = np.array([[0, 0], [0, 1], [-1, -1], [1, 1], [2, -1]])
    other = {thing: (1 - CROWDED if thing < 0 else CROWDED / (model.things - 1)) for thing in range(-1, model.things)}
    all_ways, by_hand = 0.0, np.zeros(5)
    for members in product((False, True), repeat=5):
        for choice in product(range(model.things), repeat=2):
            likely = 1.0
            for account, is_hand in enumerate(members):
                likely *= model.share if is_hand else 1 - model.share
                for kind, thing in enumerate(choice):
                    mine = int(has[account, kind])
                    stranger = model.leaked if mine == thing else (1 - model.leaked) * other[mine]
                    likely *= model.kept * (mine == thing) + (1 - model.kept) * stranger if is_hand else stranger
            all_ways += likely
            by_hand += likely * np.array(members)
    assert model.posterior(has) == pytest.approx(by_hand / all_ways)


def models() -> list[Model]:
    grid = [
        *product((48, 96), (0.08, 0.2, 0.5), (2, 3), (0.8, 0.95), (0.005, 0.03), (0, 1)),
        *product((360,), (0.02, 0.1, 0.5), (2,), (0.8, 0.95), (0.005, 0.03), (0, 2)),
        *product((48,), (0.1, 0.5), (4,), (0.8, 0.95), (0.005, 0.03), (0, 1)),
    ]
    chosen = random.Random(20260301).sample(grid, 32)
    return [Model(*each, seed) for seed, each in enumerate(chosen)]


@pytest.mark.parametrize("model", models(), ids=lambda model: "-".join(map(str, vars(model).values())))
def test_where_the_posterior_is_sure_the_linker_agrees(spark: SparkSession, tmp_path: Path, model: Model) -> None:
    """Nobody joins the hand whose posterior is below .01. All above .99 are found together where eight and more are, and where
    hardly any of them lacks a thing of the hand, or they are a fifth at most of a hundred accounts: fewer are found at times."""
    met, has = model.draw()
    names = [f"a{n:04d}" for n in range(model.accounts)]
    posterior = dict(zip(names, model.posterior(has).tolist(), strict=True))
    cluster = {account: name for name, members in link(spark, tmp_path, met).items() for account in members}
    sure = [account for account in names if posterior[account] > SURE]
    home = Counter(cluster[account] for account in sure if account in cluster).most_common(1)
    if home:
        assert not [each for each in names if posterior[each] < 1 - SURE and cluster.get(each) == home[0][0]]
    if len(sure) >= 8 and (model.kept > 0.9 or (model.share <= 0.2 and model.accounts >= 96)):
        assert {cluster.get(account) for account in sure} == {home[0][0] if home else "found"}


@pytest.mark.parametrize("seed", range(4))
def test_where_there_is_no_hand_nobody_is_linked(spark: SparkSession, tmp_path: Path, seed: int) -> None:
    met, _ = Model(96, 0.0, 3, 0.9, 0.0, 1, seed).draw()
    assert link(spark, tmp_path, met) == {}
