"""Which part an account plays in its campaign: worked by the operator, stolen from somebody, or only passing through.

Operators make accounts in series and give them nothing else to do; a stolen account was made by somebody else and keeps
working for its owner. Both clues are weighed in bits against how the campaign's own accounts show them, so that a
campaign whose accounts have nothing in common but their prompts does not turn its accounts into victims.
Published: the proxy networks of the 2026-02-23 report mixed extraction with unrelated customers' requests.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.graph.rows import MICRO
from jobs.graph.sharing.bands import BANDS
from jobs.vocabulary import Role

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ROLES = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("account_id", pa.string()),
        ("microbits", pa.int64()),
        ("families", pa.int32()),
        ("role", pa.string()),
        ("membership", pa.float64()),
        ("footprint_share", pa.float64()),
        ("exchanges", pa.int64()),
        ("exchanges_attributed", pa.int64()),
        ("first_activity_date", pa.date32()),
        ("last_activity_date", pa.date32()),
    ]
)
MIN_TYPICAL = 0.05  # template events per request; below, templates do not mark the campaign's traffic
MIN_SKETCHED = 5  # requests with a sketch: fewer may lack the campaign's prompts by chance
MOST = 0.8  # of the campaign's accounts show its prompts: then lacking them tells, else some do other work
WHOLE = 0.4  # of the members: a smaller part is not the campaign, and what is outside it is not outside the campaign
MADE_ALIKE = 2  # strong kinds of evidence of how it was made and paid; a stranger has one by coincidence, hardly two
MIN_ALIKE = 5  # accounts made alike, to speak for the campaign's; with fewer, all members do
SURE = 0.95  # an account is not called operated below it: a membership is the best of many coincidences, so a little too sure
ONE_THING = 5.0  # bits of all kinds of evidence but the strongest: below, what one stranger in 32 has by coincidence
DOUBT = 2.0  # bits: an account is called operated only where that is four times likelier than that it was stolen
UNLIKE = 6.0  # bits: the same for one that nothing ties to how most of the campaign's accounts were made, and that does other work
PRIOR_VICTIM = 0.1  # of a campaign's accounts, before looking
LEAST_VICTIM = 0.02  # however few there seem to be: a big campaign must not outvote a stranger who differs in all
PSEUDO = 3.0  # doubtful members that the priors stand for: a campaign of thirty accounts must be able to overrule them
ROUNDS = 20  # of the estimate; it settles in fewer
OWN_WORK, MUCH_OWN_WORK = (
    0.95,
    0.6,
)  # of a typical member's template share: below, part of the traffic is somebody else's
MUCH_OF_ITS_OWN = 0.1  # of an account's events: what a stray request or two on something else do not reach
NEARLY_ALWAYS = 0.95  # of a member's requests carry the campaign's system prompt: then one without is something else
OTHER_LOAD = 0.7  # octaves: the campaign's work on a stolen key is not balanced with that of its own accounts
IDLE_OWNERS = 0.1  # of stolen accounts: some leaked keys are those of abandoned projects, and nothing but theft shows
OF_OWNERS = ("work", "prompts", "client", "network")  # clues that an owner who uses the account leaves, an idle one not
# Per clue, the probabilities of its values: for a stolen account that its owner uses, and what is supposed of the
# operator's own at first. A stranger's account is rarely made like the campaign's; its owner uses it from home, with
# another client and other prompts, much or now and then.
STOLEN = {
    "made": (0.05, 0.95),
    "work": (0.2, 0.45, 0.35),
    "prompts": (0.5, 0.15, 0.35),
    "client": (0.25, 0.15, 0.6),
    "network": (0.15, 0.1, 0.75),
    "load": (0.4, 0.6),
}
WORKED = {
    "made": (0.8, 0.2),
    "work": (0.7, 0.27, 0.03),
    "prompts": (0.85, 0.05, 0.1),
    "client": (0.8, 0.05, 0.15),
    "network": (0.65, 0.1, 0.25),
    "load": (0.75, 0.25),
}


def assign_roles(members: pa.Table) -> pa.Table:
    """Roles of one campaign's members.

    `members`: campaign_id, account_id, microbits in all and of all kinds of evidence but the strongest, families,
    made_families, shares_content, exchanges, requests, sketched requests, active days, events in all and on what the
    campaign uses per habit (template, system, client, network), part_accounts (`jobs.graph.intent.parts`; null for none), and the
    two activity dates. The footprint is an account's
    template events per sketched request against the campaign's median, at most 1: how much of its traffic is the campaign's.
    """
    members = members.sort_by("account_id")
    sketched = members["sketched"].to_numpy()
    rate = members["core_template_events"].to_numpy() / np.maximum(sketched, 1)
    typical = float(np.median(rate))
    load = members["core_template_events"].to_numpy() / np.maximum(members["active_days"].to_numpy(), 1)
    octaves = np.log2(np.maximum(_against(load, float(np.median(load)), MIN_TYPICAL), 1e-9))
    footprint = np.minimum(_against(rate, typical, MIN_TYPICAL), 1.0)
    footprint_at_most = _against(rate + _standard_error(typical, sketched), typical, MIN_TYPICAL)
    made_families = members["made_families"].to_numpy()
    shares_content = _flags(members, "shares_content")
    bits = members["microbits"].to_numpy() / MICRO
    membership = np.round(1.0 / (1.0 + np.exp2(-bits)), 6)
    made_alike = made_families >= MADE_ALIKE
    alike = made_alike if made_alike.sum() >= MIN_ALIKE else np.ones(len(bits), dtype=np.bool_)
    lacking = _bits_of_lacking_prompts(shares_content, alike, sketched, rate)
    unsure = bits + lacking < np.log2(SURE / (1 - SURE))
    one_thing = members["others_microbits"].to_numpy() < ONE_THING * MICRO
    telling = shares_content[alike].mean() >= MOST
    passing = (
        unsure | one_thing | _apart(members) | (telling & ~shares_content & (sketched >= MIN_SKETCHED) & ~made_alike)
    )
    clues = {
        "made": (made_families == 0).astype(np.int64),
        "work": (footprint_at_most < OWN_WORK).astype(int) + (footprint_at_most < MUCH_OWN_WORK),
        "prompts": _of_its_own(members, "template", "system", unprompted=_unprompted(members)),
        "client": _of_its_own(members, "client"),
        "network": _of_its_own(members, "network"),
        "load": (np.abs(octaves) > OTHER_LOAD).astype(np.int64),
    }
    victim = ~passing
    kept = {name: codes[~passing] for name, codes in clues.items()}
    unlike = (kept["made"] == 1) & (kept["prompts"] == 2) & ((kept["made"] == 0).sum() > 0.5 * len(kept["made"]))
    victim[victim] = _stolen_bits(kept) > np.where(unlike, -UNLIKE, -DOUBT)
    role = np.where(passing, str(Role.SHARED_INFRASTRUCTURE), np.where(victim, str(Role.VICTIM), str(Role.OPERATED)))
    exchanges = members["exchanges"].to_numpy()
    attributed = np.where(role == Role.OPERATED, exchanges, np.floor(exchanges * footprint)).astype(np.int64)
    columns = {
        **{name: members[name] for name in members.column_names},
        "role": pa.array(role.tolist(), pa.string()),
        "membership": pa.array(membership),
        "footprint_share": pa.array(np.round(footprint, 6)),
        "exchanges_attributed": pa.array(attributed),
    }
    return pa.table([columns[name] for name in ROLES.names], schema=ROLES)


def _apart(members: pa.Table) -> Flags:
    """Who is in no part, or in another than the largest, of a campaign whose members hang together by things of their own."""
    sizes = np.array([each or 0 for each in members["part_accounts"].to_pylist()])
    largest = sizes.max(initial=0)
    apart: Flags = (sizes < largest) & (largest >= WHOLE * len(sizes))
    return apart


def _bits_of_lacking_prompts(shares_content: Flags, alike: Flags, sketched: Ints, rate: Floats) -> Floats:
    """What it says about each member that it lacks the campaign's prompts, in bits: 0 where it has them, else negative.

    A stranger surely lacks them. An account of the campaign lacks them if it is one of those that do other work (as
    many as among members made `alike`: strangers in the group must not speak for each other), or if none of its few
    `sketched` requests happened to show a template: with `rate` templates per request, Poisson's chance.
    """
    if not shares_content.any():
        return np.zeros(len(rate))
    with_prompts = (shares_content & alike).sum() / (alike.sum() + 1)
    by_chance = np.exp(-float(np.median(rate[shares_content])) * sketched)
    return np.where(shares_content, 0.0, np.log2(1.0 - with_prompts * (1.0 - by_chance)))


def _against(rate: Floats, typical: float, least: float) -> Floats:
    """Each member's rate in units of the campaign's `typical` one; 1 where that is below `least` and says nothing."""
    return rate / typical if typical >= least else np.ones(len(rate))


def _standard_error(typical: float, sketched: Ints) -> Floats:
    """By how much chance moves the rate of an account that works as is `typical` for its campaign.

    A request shows 0 to BANDS bands, so the variance is at most that of Bhatia and Davis (Amer. Math. Monthly 107, 2000).
    """
    return np.sqrt(max(typical * (BANDS - typical), 0.0) / np.maximum(sketched, 1))


def _unprompted(members: pa.Table) -> Ints:
    """Requests without the system prompt that its campaign nearly always sends, per member; 0 where it sends none."""
    requests = members["requests"].to_numpy()
    with_prompt = members["core_system_events"].to_numpy() / np.maximum(requests, 1)
    if np.median(with_prompt) < NEARLY_ALWAYS:
        return np.zeros(len(requests), dtype=np.int64)
    without: Ints = np.maximum(requests - members["system_events"].to_numpy(), 0)
    return without


def _of_its_own(members: pa.Table, *habits: str, unprompted: Ints | int = 0) -> Ints:
    """How much of the account's events is on what few other members use: 0 nothing, 1 a little, 2 much."""
    events = np.sum([members[f"{habit}_events"].to_numpy() for habit in habits], axis=0) + unprompted
    own = events - np.sum([members[f"core_{habit}_events"].to_numpy() for habit in habits], axis=0)
    levels: Ints = (own > 0).astype(np.int64) + (own > MUCH_OF_ITS_OWN * events)
    return levels


def _stolen_bits(clues: Mapping[str, Ints]) -> Floats:
    """Log-odds, per member, of a stolen account against one that the operator works; `clues` are codes from 0.

    What the operator's own accounts show differs between campaigns, and so does how many are stolen; both are
    estimated from the campaign itself by expectation maximisation (Dempster, Laird, Rubin, JRSS B 39, 1977). Accounts
    that only pass through are neither and must not be among the members, or they would be taken for many stolen ones.
    """
    count = len(clues["made"])
    stolen = np.full(count, PRIOR_VICTIM)
    total: Floats = np.zeros(count)
    for turn in range(ROUNDS):
        worked = 1.0 - stolen
        prior = max((stolen.sum() + PSEUDO * PRIOR_VICTIM) / (count + PSEUDO), LEAST_VICTIM)
        total = np.full(count, np.log2(prior / (1 - prior)))
        in_use = np.zeros(count)  # bits of the clues that only an owner who uses the account leaves
        for name, codes in clues.items():
            seen = (
                np.bincount(codes, weights=worked, minlength=len(WORKED[name])) if turn else np.zeros(len(WORKED[name]))
            )
            expected = (seen + PSEUDO * np.array(WORKED[name])) / (seen.sum() + PSEUDO)
            of_stolen = np.array(STOLEN[name])
            if name == "prompts":  # it carries the campaign's too, so it shows at least as many that few others use
                of_stolen = np.diff(np.minimum(np.cumsum(of_stolen), np.cumsum(expected)), prepend=0.0)
            bits = np.log2(of_stolen / expected)[codes]
            if name in OF_OWNERS:
                in_use += bits
            else:
                total += bits
        total += np.log2((1 - IDLE_OWNERS) * np.exp2(in_use) + IDLE_OWNERS)
        stolen = 1.0 / (1.0 + np.exp2(-total))
    return total


def _flags(members: pa.Table, name: str) -> Flags:
    return np.array([bool(value) for value in members[name].to_pylist()], dtype=np.bool_)
