"""Roles in small campaigns: who is worked by the operator, who was robbed, who only passes through."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from jobs.graph.intent.roles import assign_roles

DAY = date(2026, 3, 5)


def account(name: str, **row: Any) -> dict[str, Any]:
    """A member that does nothing but the campaign's work and was made like the others."""
    usual = {
        "campaign_id": "c1", "account_id": name, "microbits": 20_000_000, "others_microbits": 18_000_000,
        "families": 6, "made_families": 3, "part_accounts": None,
        "shares_content": True, "exchanges": 100, "requests": 100, "sketched": 100, "active_days": 5,
        "template_events": 300, "core_template_events": 300, "system_events": 100, "core_system_events": 100,
        "client_events": 100, "core_client_events": 100, "network_events": 100, "core_network_events": 100,
        "first_activity_date": DAY, "last_activity_date": DAY,
    }  # fmt: skip
    return usual | row


def robbed(name: str) -> dict[str, Any]:
    """A stranger's account: half of its traffic is its owner's, from home and with another client."""
    return account(name, made_families=0, core_template_events=150, core_client_events=50, core_network_events=50)


def roles(*members: dict[str, Any]) -> dict[str, tuple[str, int]]:
    found = assign_roles(pa.Table.from_pylist(list(members))).to_pylist()
    return {row["account_id"]: (row["role"], row["exchanges_attributed"]) for row in found}


OPERATED = [account(f"a{n:02d}") for n in range(20)]


def test_a_stolen_account_is_a_victim_and_only_its_stolen_part_counts() -> None:
    found = roles(*OPERATED, robbed("v1"))
    assert found["v1"] == ("victim", 50)
    assert {found[row["account_id"]] for row in OPERATED} == {("operated", 100)}


AGED = [account(f"b{n:02d}", made_families=0) for n in range(2)]
WITH_VICTIMS = [row | {"core_network_events": 0} for row in [*OPERATED, *AGED, *[robbed(f"v{n}") for n in range(8)]]]


def stranger_at_work(requests: int, days: int, bands: float) -> dict[str, Any]:
    """An account not made like the campaign's whose requests show `bands` bands of its template each; 3 are usual."""
    counted = ("exchanges", "requests", "sketched", "system_events", "client_events", "network_events")
    counts = dict.fromkeys((*counted, "core_system_events", "core_client_events"), requests)
    events = int(requests * bands)
    own = {"template_events": events, "core_template_events": events, "core_network_events": 0, "active_days": days}
    return account("x", made_families=0, **counts, **own)


def test_few_requests_that_show_less_of_the_template_by_chance_are_not_somebody_elses_work() -> None:
    assert roles(*WITH_VICTIMS, stranger_at_work(24, 1, 2.4))["x"][0] == "operated"
    assert roles(*WITH_VICTIMS, stranger_at_work(240, 10, 2.4))["x"][0] == "victim"


def test_requests_without_the_system_prompt_that_the_campaign_always_sends_are_the_owners() -> None:
    always = stranger_at_work(100, 5, 3)
    assert roles(*WITH_VICTIMS, always)["x"][0] == "operated"
    often = always | {"system_events": 65, "core_system_events": 65}
    assert roles(*WITH_VICTIMS, often)["x"][0] == "victim"


def test_where_the_campaign_sends_no_system_prompt_lacking_one_is_no_work_of_ones_own() -> None:
    """It would be everybody's, and hide who has prompts of its own."""
    none = {"system_events": 0, "core_system_events": 0}
    others = [row | none for row in WITH_VICTIMS]
    owned = stranger_at_work(100, 5, 3) | none | {"template_events": 350}
    assert roles(*others, owned)["x"][0] == "victim"


def test_many_victims_do_not_make_each_other_look_operated() -> None:
    found = roles(*OPERATED, *[robbed(f"v{n}") for n in range(8)])
    assert {found[f"v{n}"][0] for n in range(8)} == {"victim"}


def test_a_little_of_the_owners_own_prompts_and_client_gives_a_stolen_account_away() -> None:
    """The campaign uses it far more than its owner does, so its load and its footprint are the campaign's."""
    little = {"core_system_events": 95, "core_client_events": 95, "core_network_events": 95}
    lightly_used = account("v", made_families=0, **little)
    aged = [account(f"b{n:02d}", made_families=0) for n in range(10)]
    found = roles(*OPERATED, *aged, lightly_used)
    assert found["v"][0] == "victim"
    assert {found[row["account_id"]][0] for row in [*OPERATED, *aged]} == {"operated"}


def test_other_peoples_prompts_through_every_account_make_none_of_them_stolen() -> None:
    mixed = [account(f"a{n:02d}", core_system_events=80, core_template_events=250) for n in range(20)]
    assert {role for role, _ in roles(*mixed).values()} == {"operated"}


def test_a_stolen_account_that_its_owner_does_not_use_is_told_by_how_it_was_made() -> None:
    """An idle owner leaves no work, client or place of its own: three clues with one cause must not count three times."""
    made_alike = [account(f"a{n:03d}") for n in range(150)]
    idle = [account(f"v{n}", made_families=0, sketched=57, core_template_events=171) for n in range(4)]
    found = roles(*made_alike, *idle)
    assert {found[f"v{n}"][0] for n in range(4)} == {"victim"}
    assert {found[f"a{n:03d}"][0] for n in range(150)} == {"operated"}


def test_accounts_with_nothing_in_common_but_their_work_are_not_victims() -> None:
    aged = [account(f"a{n:02d}", made_families=0, core_network_events=0) for n in range(20)]
    assert {role for role, _ in roles(*aged).values()} == {"operated"}


def test_an_operator_that_mixes_in_other_traffic_everywhere_still_works_its_accounts() -> None:
    mixed = [account(f"a{n:02d}", core_template_events=200 + n) for n in range(20)]
    assert {role for role, _ in roles(*mixed).values()} == {"operated"}


def test_who_shares_places_but_not_prompts_is_shared_infrastructure() -> None:
    passing = account("p", made_families=0, shares_content=False, core_template_events=0)
    assert roles(*OPERATED, passing)["p"] == ("shared_infrastructure", 0)


def test_who_only_passes_through_does_not_make_the_operators_accounts_look_stolen() -> None:
    """They too have a client, places and a load of their own; counted as members they would mean many stolen accounts."""
    usual = {"made_families": 0, "core_network_events": 0}
    unlike = [
        account(
            f"a{n:03d}",
            core_client_events=100 * (n % 4 > 0),
            core_template_events=300 - 105 * (n % 3 == 0),
            active_days=5 + 5 * (n % 5 < 2),
            **usual,
        )
        for n in range(240)
    ]  # a quarter with a client that few use, a third with other work beside, two fifths with less a day: some with all three
    passing = [
        account(f"p{n:02d}", shares_content=False, core_template_events=0, core_client_events=0, **usual)
        for n in range(40)
    ]
    for others in ([], passing):
        found = roles(*unlike, *others)
        assert {found[row["account_id"]][0] for row in unlike} == {"operated"}


def test_a_doubtful_member_is_not_called_operated() -> None:
    assert roles(*OPERATED, account("d", microbits=2_000_000))["d"][0] == "shared_infrastructure"


def test_one_thing_in_common_and_faint_coincidences_beside_it_accuse_nobody() -> None:
    """A popular template, a common client and a provider's network: sure to belong by the sum, by one thing in truth."""
    bystander = account("x", made_families=0, microbits=5_000_000, others_microbits=2_600_000)
    assert roles(*OPERATED, bystander)["x"][0] == "shared_infrastructure"
    two_things = bystander | {"others_microbits": 5_100_000}
    assert roles(*OPERATED, two_things)["x"][0] == "operated"


def test_a_stranger_is_not_outvoted_by_a_big_campaign_without_stolen_accounts() -> None:
    """Its client and its network are its own and it was not made like the others; only its prompts are the campaign's."""
    own_addresses = {"core_network_events": 0}
    campaign = [account(f"a{n:03d}", **own_addresses) for n in range(118)]
    aged = [account(f"b{n:03d}", made_families=0, **own_addresses) for n in range(10)]
    stranger = account("x", made_families=0, core_client_events=0, **own_addresses)
    found = roles(*campaign, *aged, stranger)
    assert found["x"][0] == "victim"
    assert {found[row["account_id"]][0] for row in [*campaign, *aged]} == {"operated"}


def test_lacking_the_prompts_that_everybody_else_sends_outweighs_two_coincidences() -> None:
    """A bystander with the client and the mail pattern of a campaign, three requests, and none of them the campaign's."""
    stranger = account("x", microbits=6_300_000, made_families=1, shares_content=False, sketched=3,
                       template_events=0, core_template_events=0)  # fmt: skip
    assert roles(*OPERATED, stranger)["x"] == ("shared_infrastructure", 0)
    assert roles(*OPERATED, stranger | {"microbits": 20_000_000})["x"][0] == "operated"


def test_lacking_the_prompts_says_little_where_many_members_do_or_few_requests_could_have_shown_them() -> None:
    rare = {"template_events": 10, "core_template_events": 10}  # one request in ten is made from a template
    seldom = [account(f"a{n:02d}", **rare) for n in range(20)]
    lacking = {"shares_content": False, "template_events": 0, "core_template_events": 0}
    newcomer = account("x", microbits=6_300_000, made_families=2, sketched=3, **lacking)
    assert roles(*seldom, newcomer)["x"][0] == "operated"
    elsewhere = [account(f"b{n:02d}", made_families=3, **lacking) for n in range(12)]
    assert roles(*OPERATED, *elsewhere, newcomer | {"sketched": 100})["x"][0] == "operated"
    unlike = newcomer | {"sketched": 100, "made_families": 1}
    assert roles(*OPERATED, *elsewhere, unlike)["x"][0] == "operated"


def test_strangers_in_the_group_do_not_speak_for_each_other() -> None:
    lacking = {"shares_content": False, "template_events": 0, "core_template_events": 0, "made_families": 1}
    strangers = [account(f"x{n:02d}", microbits=12_000_000, **lacking) for n in range(15)]
    assert {roles(*OPERATED, *strangers)[f"x{n:02d}"][0] for n in range(15)} == {"shared_infrastructure"}


def test_stolen_accounts_are_told_apart_where_the_campaigns_own_prompts_are_hardly_alike() -> None:
    """Then everybody shows prompts that few others use, and that says nothing; two clients on one account do."""
    unlike = {"template_events": 200, "core_template_events": 30, "core_network_events": 50}
    campaign = [account(f"a{n:02d}", **unlike) for n in range(24)]
    stolen = unlike | {"made_families": 0, "core_client_events": 50}
    subtle = [account(f"v{n}", **stolen) for n in range(3)]
    clear = [account(f"w{n}", **stolen | {"core_template_events": 15}) for n in range(3)]
    found = roles(*campaign, *subtle, *clear)
    assert {found[row["account_id"]][0] for row in subtle + clear} == {"victim"}
    assert {found[row["account_id"]][0] for row in campaign} == {"operated"}


def test_the_order_of_rows_does_not_matter() -> None:
    rows = [*OPERATED, robbed("v1"), robbed("v2")]
    assert roles(*rows) == roles(*reversed(rows))


def test_who_is_tied_by_nothing_of_the_campaigns_own_passes_through() -> None:
    """Strangers who rent the same exits and numbers, with a batch of cards of their own, are a part of their own."""
    theirs = [account(f"a{n:02d}", part_accounts=30) for n in range(30)]
    strangers = [account(f"s{n:02d}", part_accounts=12) for n in range(12)]
    alone = [account("t", part_accounts=None)]
    found = {name: role for name, (role, _) in roles(*theirs, *strangers, *alone).items()}
    assert {found[f"a{n:02d}"] for n in range(30)} == {"operated"}
    assert {found[name] for name in [*(f"s{n:02d}" for n in range(12)), "t"]} == {"shared_infrastructure"}


def test_a_campaign_without_things_of_its_own_keeps_its_members() -> None:
    found = roles(*[account(f"a{n:02d}", part_accounts=3 if n < 3 else None) for n in range(20)])
    assert {role for role, _ in found.values()} == {"operated"}
