"""A file of observations as numbers: accounts and things as codes in the order of their sorted names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.graph.grouping.profiles import Incidence, Ints
from jobs.linking.measuring import Measured, measure
from jobs.linking.pairs import how_often_answers_differ

SEPARATOR = "\x1f"  # between a signal and its entity; stands in no text that people write


@dataclass(frozen=True, eq=False)
class Coded:
    """One element per distinct (account, entity) pair, accounts ascending; `family` per entity code."""

    accounts: pa.Array
    entities: pa.Array  # signal, SEPARATOR, entity
    account: Ints
    entity: Ints
    family: Ints
    families: list[str]
    measured: Measured

    @classmethod
    def of(cls, table: pa.Table, one_fact: Sequence[Collection[str]] = ()) -> Coded:
        """`table`: account_id, signal, entity; `one_fact`: see `measure`."""
        label = pc.binary_join_element_wise(table["signal"], table["entity"], SEPARATOR)
        accounts, entities = (
            names.take(pc.sort_indices(names)) for names in (pc.unique(table["account_id"]), pc.unique(label))
        )
        pairs = np.unique(np.stack([codes(table["account_id"], accounts), codes(label, entities)]), axis=1)
        names = [(signal, text) for signal, text in (name.split(SEPARATOR, 1) for name in entities.to_pylist())]
        measured = measure(pairs[0], pairs[1], names, one_fact)
        families = sorted(set(measured.family))
        family = np.searchsorted(np.array(families, dtype=object), np.array(measured.family, dtype=object))
        return cls(accounts, entities, pairs[0], pairs[1], family.astype(np.int64), families, measured)

    @cached_property
    def counts(self) -> Ints:
        """Accounts per entity."""
        return np.bincount(self.entity, minlength=len(self.family)).astype(np.int64)

    @cached_property
    def starts(self) -> Ints:
        """Place of each account's first pair, and one past the last."""
        return np.searchsorted(self.account, np.arange(len(self.accounts) + 1)).astype(np.int64)

    @cached_property
    def differing(self) -> dict[int, float]:
        """Per family of which an account has one entity: how often one hand's accounts differ in it."""
        single = [code for code, name in enumerate(self.families) if name in self.measured.single]
        size = len(self.accounts)
        return how_often_answers_differ(self.account, self.entity, self.family, size, size, single)

    def things(self, account: int) -> Ints:
        """The entities of an account, ascending."""
        return self.entity[self.starts[account] : self.starts[account + 1]]

    def name(self, entity: int) -> tuple[str, str]:
        """Signal and text of an entity."""
        signal, text = self.entities[entity].as_py().split(SEPARATOR, 1)
        return signal, text

    def among(self, accounts: Ints) -> tuple[Incidence, Ints]:
        """What some ascending accounts met, counted as in the whole file; and the entity of each of its entity codes."""
        mine = np.concatenate([np.arange(self.starts[each], self.starts[each + 1]) for each in accounts.tolist()])
        met, entity = np.unique(self.entity[mine], return_inverse=True)
        incidence = Incidence(
            account=np.searchsorted(accounts, self.account[mine]).astype(np.int64),
            entity=entity.astype(np.int64),
            family=self.family[met],
            accounts=self.counts[met],
            population=len(self.accounts),
            differing={each: often for each, often in self.differing.items() if each <= self.family[met].max()},
            alone=self.measured.alone[met],
        )
        return incidence, met


def codes(values: pa.ChunkedArray, names: pa.Array) -> Ints:
    """The place of each value among the names, which have all of them."""
    found: Ints = pc.index_in(values, value_set=names).to_numpy().astype(np.int64)
    return found
