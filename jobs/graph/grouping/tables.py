"""From Arrow tables of account-entity pairs to arrays and back: the door to the clustering for engines and files alike."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.graph.grouping.clusters import split
from jobs.graph.grouping.profiles import Incidence, Ints
from jobs.graph.rows import MICRO, table_of
from jobs.vocabulary import Line

PIECES = pa.schema(
    [
        ("cluster_id", pa.string()),
        ("account_id", pa.string()),
        ("signal", pa.string()),
        ("entity", pa.string()),
        ("family", pa.string()),
        ("line", pa.string()),
        ("microbits", pa.int64()),
        ("accounts_sharing", pa.int64()),
        ("cluster_accounts", pa.int64()),
    ]
)


def cluster_pairs(pairs: pa.Table, marks: Collection[str] = ()) -> pa.Table:
    """Cluster the accounts of one component.

    `pairs`: account_id, signal, entity, family, accounts (of the population that met the entity), population,
    log_tail_limit (nats, the same in every row). `marks`: families whose entities are an operator's
    own. Gives rows of PIECES, sorted.
    """
    pairs = pairs.sort_by([("account_id", "ascending"), ("signal", "ascending"), ("entity", "ascending")])
    names = pc.unique(pairs["account_id"])
    label = pc.binary_join_element_wise(pairs["signal"], pairs["entity"], "\x1f").combine_chunks()
    entity_names = pc.take(pc.unique(label), pc.sort_indices(pc.unique(label)))
    first = pc.index_in(entity_names, value_set=label).to_numpy(zero_copy_only=False)
    family_names = pc.take(pc.unique(pairs["family"]), pc.sort_indices(pc.unique(pairs["family"])))
    family = pc.index_in(pairs["family"], value_set=family_names).to_numpy(zero_copy_only=False).astype(np.int64)
    met = Incidence(
        account=pc.index_in(pairs["account_id"], value_set=names).to_numpy().astype(np.int64),
        entity=pc.index_in(label, value_set=entity_names).to_numpy(zero_copy_only=False).astype(np.int64),
        family=family[first],
        accounts=pairs["accounts"].to_numpy()[first].astype(np.int64),
        population=int(pairs["population"][0].as_py()),
        marks=tuple(code for code, name in enumerate(family_names.to_pylist()) if name in marks),
    )
    grouping = split(met, float(pairs["log_tail_limit"][0].as_py()))
    sharing = _sharing(met, grouping.group)
    sizes = np.bincount(grouping.group[grouping.group >= 0], minlength=1)
    groups, first_members = np.unique(grouping.group, return_index=True)
    leaders = dict(zip(groups.tolist(), first_members.tolist(), strict=True))
    signal_of, entity_of = (pairs[name].take(first).to_pylist() for name in ("signal", "entity"))
    account_of, family_of = names.to_pylist(), family_names.to_pylist()
    rows: list[tuple[str | int, ...]] = []
    for account in np.flatnonzero(grouping.group >= 0).tolist():
        group = int(grouping.group[account])
        prior = round(float(grouping.prior_bits[group]) * MICRO)
        size = int(sizes[group])
        rows.append((account_of[leaders[group]], account_of[account], *[str(Line.PRIOR)] * 4, prior, size, size))
    for piece in grouping.pieces:
        rows.append(
            (
                account_of[leaders[piece.group]],
                account_of[piece.account],
                signal_of[piece.entity],
                entity_of[piece.entity],
                family_of[int(met.family[piece.entity])],
                str(Line.MEMBERSHIP),
                round(piece.bits * MICRO),
                int(sharing[piece.group, piece.entity]),
                int(sizes[piece.group]),
            )
        )
    return table_of(sorted(rows, key=lambda row: row[:4]), PIECES)


def _sharing(met: Incidence, group: Ints) -> dict[tuple[int, int], int]:
    """Members of each group that met each entity."""
    label = group[met.account]
    member = label >= 0
    found, counts = np.unique(np.stack([label[member], met.entity[member]]), axis=1, return_counts=True)
    return {
        (int(group_), int(entity)): int(count) for group_, entity, count in zip(found[0], found[1], counts, strict=True)
    }
