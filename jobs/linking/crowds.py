"""Crowds of a file: three accounts and more whom one profile explains, found in the components of its cells."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from jobs.graph.grouping.clusters import split
from jobs.graph.grouping.profiles import Floats, Ints
from jobs.linking.coding import Coded


def crowds(file: Coded, component: Ints, limit: float, note: Callable[[str], None]) -> tuple[Ints, Floats]:
    """Per account its crowd (the smallest account of it, -1: none) and the log-odds that it belongs.

    `component`: per account the smallest account of its component, -1 for none; `limit`: the significance of the weakest cell,
    nats; `note` is told how far it is.
    """
    crowd, bits = np.full(len(component), -1, dtype=np.int64), np.full(len(component), -np.inf)
    component = _with_alone(file, component)
    order = np.argsort(component, kind="stable")
    start = np.concatenate([np.searchsorted(component[order], np.unique(component[component >= 0])), [len(order)]])
    for low, high in pairwise(start.tolist()):
        note(f"grouping {low - int(start[0]):,} of {len(order) - int(start[0]):,} accounts that may belong to a crowd")
        accounts = np.sort(order[low:high])
        grouping = split(file.among(accounts)[0], limit)
        grouped = grouping.group >= 0
        leaders = np.array([accounts[grouping.group == label][0] for label in range(len(grouping.prior_bits))] or [-1])
        crowd[accounts[grouped]] = leaders[grouping.group[grouped]]
        bits[accounts[grouped]] = grouping.bits[grouped]
    return crowd, bits


def _with_alone(file: Coded, component: Ints) -> Ints:
    """Components joined by what alone is enough, too; the smallest account of each."""
    ties = file.measured.alone[file.entity] > 0
    size = len(component)
    left = np.concatenate([file.account[ties], np.flatnonzero(component >= 0)])
    right = np.concatenate([size + file.entity[ties], component[component >= 0]])
    nodes = size + len(file.family)
    graph = sparse.coo_array((np.ones(len(left)), (left, right)), shape=(nodes, nodes))
    label = csgraph.connected_components(graph, directed=False)[1][:size]
    _, first, counts = np.unique(label, return_index=True, return_counts=True)
    smallest = np.zeros(nodes, dtype=np.int64)
    smallest[label[first]] = first
    many = np.zeros(nodes, dtype=bool)
    many[label[first]] = counts > 1
    return np.where(many[label], smallest[label], -1)
