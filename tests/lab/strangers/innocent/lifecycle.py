"""Customers whose accounts begin, end or move together."""

from __future__ import annotations

from dataclasses import replace

from .. import people, works
from ..group import Group, innocent
from ..rhythm import DAY, HOUR, Burst, Steady


@innocent(
    10,
    140,
    "accounts are closed and hours later opened again from the same line with the same card: it looks like ban replacement",
)
def reregistered_after_outage(g: Group) -> None:
    """A sign-in provider failed for a day; customers opened new accounts and went on."""
    outage, patience = g.between(0, g.world.days - 0.8) * DAY, g.scale(0.3, 8) * HOUR
    for old in list(g.people()):
        g.ban(old, outage + g.rng.exponential(patience), "closed", "customer_request")
        if old.created > outage or old.statuses[0][0] > g.world.end - HOUR:
            old.statuses = []
            continue
        for new in g.people(count=1):
            new.streams, new.line, new.client = list(old.streams), old.line, old.client
            new.profile = replace(old.profile, signup_address=old.line.one(g.dials))
            new.statuses = []
            new.signed_up(old.statuses[0][0] + g.between(0.02, 2) * HOUR, device=old.device)
            new.pays_with(*old.instruments)


@innocent(
    10,
    150,
    "closed by the provider on one day, opened again under a parent's name with the parent's card; half of them the same device",
)
def age_verification(g: Group) -> None:
    """Accounts of minors are closed; families open them again in an adult's name."""
    sweep = g.between(-3, g.world.days - 1) * DAY
    for child in list(g.people("player" if g.coin(0.6) else "student")):
        g.ban(child, sweep + g.between(0, 1) * HOUR, "closed", "age_verification")
        if g.coin(0.7):
            for parent in g.people("dormant", child.profile.country, count=1):
                parent.streams, parent.line, parent.client = list(child.streams), child.line, child.client
                parent.statuses = []
                parent.signed_up(
                    max(sweep, child.created) + g.rng.exponential(10 * HOUR),
                    child.line,
                    child.device if g.coin(0.6) else None,
                )
                parent.profile.kyc_status, parent.profile.kyc_document_hash = "verified", g.dials.token(40)
                parent.pays_with(*(child.instruments or [g.card_of(parent.profile.country or "US")]))


@innocent(
    20,
    250,
    "hundreds of identical devices and consecutive addresses of a school district, one carrier NAT, opened in one morning",
)
def school_tablets(g: Group) -> None:
    """A school district hands out tablets with accounts."""
    country = people.country_of(g.dials).code
    mobile, domain = g.net.mobile(g.dials, country), f"{people.word(g.dials)}.k12.edu"
    lesson, client = (
        g.worksheet((6, 40), (12, 60), g.scale(4, 25), verbatim=g.between(0, 0.4)),
        g.programs.browser(g.dials),
    )
    lesson_hour = g.between(8, 12)
    for number, pupil in enumerate(g.people("dormant", country)):
        g.fake(pupil, 1.0)
        pupil.profile.email, pupil.profile.access_program, pupil.profile.tier = (
            f"pupil{number:04d}@{domain}",
            "education",
            "team",
        )
        pupil.line, pupil.client = mobile, client
        in_class = Burst(lesson_hour - pupil.offset, g.scale(0.1, 0.7) * HOUR, 0.05, g.between(0.4, 1.0))
        g.chat(
            pupil, works.STUDYING, g.scale(3, 25), lesson, in_class if g.coin(0.7) else g.human(pupil, 9.0, 11.0, 17.0)
        )
    g.together((2, 200), g.scale(1, 6), mobile)


@innocent(
    10,
    150,
    "all accounts change mail domain, card, network and prompt in one night: a handover as if they had been sold",
)
def acquired_company(g: Group) -> None:
    """A company was bought; its people move to new accounts of the new owner."""
    country = people.country_of(g.dials).code
    (old_name, old_domain), (new_name, new_domain) = people.company(g.dials), people.company(g.dials)
    old_office, new_office = g.net.office(g.dials, country, old_name), g.net.office(g.dials, country, new_name)
    night, card = g.between(0.3, g.world.days - 0.5) * DAY, g.card_of(country)
    macro = g.template((20, 120), (30, 150), variants=g.dials.count(2, 12))
    for before in list(g.people("employee", country)):
        before.line = old_office
        before.profile.organization_name = old_name
        before.profile.email = people.email(g.dials, before.profile.full_name or "a clerk", old_domain)
        g.chat(before, works.WRITING, g.dials.about(20.0), macro, g.human(before, 10.0, 14.5))
        g.ban(before, night + g.between(0, 2) * HOUR, "closed", "customer_request")
        before.created = min(before.created, -5 * DAY)
        for after in g.people("dormant", country, count=1):
            after.streams, after.line, after.client, after.statuses = (
                list(before.streams),
                new_office,
                before.client,
                [],
            )
            after.profile = replace(
                before.profile,
                organization_name=new_name,
                email=people.email(g.dials, before.profile.full_name or "a clerk", new_domain),
            )
            after.signed_up(night + g.between(-6, 3) * HOUR, new_office, before.device if g.coin(0.8) else None)
            after.pays_with(card)


@innocent(
    15,
    200,
    "a wave of new accounts with one referral code that ask the influencer's prompt once or twice and vanish within two days",
)
def influencer_wave(g: Group) -> None:
    """A video with a prompt goes around; people try it out and forget it."""
    prompt, code = g.template((15, 120), (3, 25), variants=g.dials.count(1, 3)), f"inf{g.dials.token(4)}"
    posted = g.between(-0.5, g.world.days - 0.8) * DAY
    for viewer in g.people("dormant"):
        viewer.signed_up(posted + g.rng.exponential(g.scale(1, 14)) * HOUR)
        viewer.profile.referral_code = code if g.coin(0.7) else None
        viewer.instruments = []
        g.chat(
            viewer,
            works.CHATTING,
            g.scale(2, 20),
            prompt,
            Steady(0.8, g.between(0, 24)),
            ends=viewer.created + g.between(0.2, 2) * DAY,
        )


@innocent(
    6, 60, "one household after the other opens second and third accounts for free credit: many lives, few devices"
)
def free_tier_families(g: Group) -> None:
    """Thrifty people of one bargain forum open a new account when the free credit is used up; a habit, not a campaign."""
    tip, household = g.template((10, 60), (20, 100)), None
    for number, account in enumerate(g.people("hobbyist")):
        if household is None or number % g.dials.count(2, 4) == 0:
            household = account
        account.line, account.client = household.line, household.client
        account.instruments = []
        account.signed_up(
            g.between(-6, g.world.days - 0.3) * DAY, household.line, household.device if g.coin(0.7) else None
        )
        g.chat(
            account,
            works.CODING,
            g.dials.about(30.0),
            tip,
            g.human(account, 20.0),
            ends=account.created + g.between(0.5, 3) * DAY,
        )


@innocent(
    10,
    120,
    "keys leaked from public repositories are used by strangers from a proxy network; the owners know nothing of it",
)
def victims_of_stolen_keys(g: Group) -> None:
    """A proxy network resells stolen keys: its customers' traffic runs on the victims' accounts beside their own."""
    thieves = (
        g.net.residential(g.dials, g.dials.count(100, 1500), g.scale(1, 10))
        if g.coin(0.6)
        else g.net.gateway(g.dials, 30)
    )
    wrapper, client, same = g.template((8, 60), (20, 150), variants=40), g.programs.sdk(g.dials), g.settings()
    for victim in g.people("developer" if g.coin(0.7) else "company"):
        stolen = g.between(-2, g.world.days - 0.5) * DAY
        found = stolen + g.rng.exponential(2.0) * DAY
        work = g.dials.pick((works.CHATTING, works.PLAYING, works.CODING, works.PUZZLING))
        g.api(
            victim,
            work,
            g.scale(40, 900),
            wrapper,
            Steady(g.between(0, 0.4)),
            client=client,
            line=thieves,
            begins=stolen,
            ends=found,
            **same,
        )
