"""Why `iolaus link` holds an account to belong to its cluster, or to none, in words."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow.compute as pc

from jobs.errors import UsageError
from jobs.graph.grouping.profiles import Ints
from jobs.linking.evidence import Case, Says, Weight, nearest_crowd, strongest_tie
from jobs.linking.files import Linked, Linking, membership
from jobs.views.explain import Explanation, Piece, Section

SHOWN = 40  # pieces of a section; the others are summed up in one
NAMED = 5  # things that a fact names
SHORT = 80  # characters of a text that are shown


def explain_linked(linked: Linked, account_id: str) -> Explanation:
    """Pieces of evidence, largest first, for the cluster of the account, or what it lacks. Raises `UsageError` when the file does
    not have the account."""
    found = linked.linking
    title = f"Account {_short(account_id)}"
    code = pc.index(found.file.accounts, account_id).as_py()
    if code < 0:
        if pc.index(linked.left_out.accounts, account_id).as_py() >= 0:
            return Explanation(
                title, ("It is in no cluster: every row of it was left out, so nothing is known of it.",), ()
            )
        raise UsageError(
            f"--explain names the account {_short(account_id)!r}, which the file does not have: correct it."
        )
    crowd, tie = nearest_crowd(found, code), strongest_tie(found, code)
    if found.cluster[code] < 0:
        return Explanation(title, tuple(_why_not(found, code, crowd, tie)), tuple(_cases(found, crowd, tie)))
    mine = np.flatnonzero(found.cluster == found.cluster[code])
    facts = [f"It is in the cluster of {_name(found, int(mine[0]))}, which has {len(mine):,} accounts."]
    if found.crowd[code] >= 0:
        return Explanation(title, tuple(facts), tuple(_cases(found, crowd, None)))
    if found.crowd[mine].max() >= 0:
        facts.append("No profile of a group explains it by itself: ties of pairs join it to one.")
    return Explanation(title, tuple(facts), tuple(_cases(found, None, tie)))


def _why_not(found: Linking, account: int, crowd: Case | None, tie: Case | None) -> Iterable[str]:
    yield "It is in no cluster."
    file = found.file
    things = file.things(account)
    shared = things[file.counts[things] > 1]
    yield f"It has {len(things):,} things, {len(shared):,} of which other accounts have, too{_rarest(found, shared)}."
    if not len(shared):
        yield "Where nothing is shared, nothing can tie it."
        return
    if crowd is None:
        yield "No group of three accounts and more has any of them."
    elif not np.isfinite(crowd.bits):
        yield "Too few kinds of things speak for the nearest group: it takes two, of a bit and more each."
    elif crowd.bits <= 0:
        yield "What it shares with the nearest group leaves it below even odds."
    elif not found.was_weighed[account]:
        yield "No two of its things go together beyond chance, so it was weighed for no group, though the nearest would explain it."
    else:
        yield "The nearest group would explain it now, but was settled without it."
    if tie is None:
        yield "No other account that could be tied to it has a rare thing of it."
    elif tie.bits <= 0:
        yield "What it shares with its nearest account leaves the two below even odds."
    elif not np.isfinite(tie.least):
        yield "What any two accounts share here is no more than strangers do."
    else:
        yield f"Its nearest account would need {tie.least:.1f} bits in sum: with fewer, more than one tie in ten would be chance."


def _rarest(found: Linking, shared: Ints) -> str:
    file = found.file
    first = shared[np.lexsort((shared, file.counts[shared]))][:NAMED].tolist()
    named = (f"{_thing(found, entity)} ({file.counts[entity]:,} accounts)" for entity in first)
    return f", the rarest {'; '.join(named)}" if first else ""


def _cases(found: Linking, crowd: Case | None, tie: Case | None) -> Iterable[Section]:
    if crowd is not None:
        leader = int(found.crowd[crowd.others[0]])
        yield _section(found, crowd, f"Against the group of {_name(found, leader)}")
    if tie is not None:
        yield _section(found, tie, f"Against the account {_name(found, tie.others[0])}")


def _section(found: Linking, case: Case, title: str) -> Section:
    pieces = [_piece(found, case, each) for each in case.weights]
    if len(pieces) > SHOWN:
        rest = pieces[SHOWN - 1 :]
        said = f"{len(rest):,} smaller ones together"
        pieces = [*pieces[: SHOWN - 1], Piece(sum(each.bits for each in rest), "", "", None, said)]
    total = case.bits if np.isfinite(case.bits) else sum(each.bits for each in case.weights)
    if not np.isfinite(case.bits):
        conclusion = "no member: of too few kinds"
    elif case.bits > 0 and case.bits >= case.least:
        conclusion = f"membership {membership(np.round(case.bits, 6)).as_py():.6f}"
    else:
        conclusion = "no member"
    return Section(title, tuple(pieces), total, conclusion)


def _piece(found: Linking, case: Case, weight: Weight) -> Piece:
    file, others = found.file, len(case.others)
    if weight.entity is None:
        if weight.says is Says.LIMIT:
            return Piece(weight.bits, "", "limit", None, "one kind of thing alone supports no more")
        if case.is_pair:
            said = f"any of the {len(file.accounts) - 1:,} other accounts could be the one"
        else:
            said = f"the group has {others:,} others of the file's {len(file.accounts):,} accounts"
        return Piece(weight.bits, "", "prior", None, said)
    signal, text = file.name(weight.entity)
    everybody = int(file.counts[weight.entity]) - 1
    if weight.says is Says.OTHER:
        of = "the other account's" if case.is_pair else f"theirs: {weight.inside:,} of the {others:,} others have it"
        said = f"another answer than {of}"
    elif case.is_pair:
        said = (
            f"both have it, and {everybody - 1:,} other accounts" if everybody > 1 else "both have it, and nobody else"
        )
    else:
        said = f"{weight.inside:,} of the {others:,} others have it, and {everybody - weight.inside:,} outside"
    return Piece(weight.bits, _short(signal), weight.says.value, _short(text), said)


def _thing(found: Linking, entity: int) -> str:
    signal, text = found.file.name(entity)
    return f"{_short(signal)} {_short(text)!r}"


def _name(found: Linking, account: int) -> str:
    return _short(found.file.accounts[account].as_py())


def _short(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[: SHORT - 3]}..."
