"""The grammar of innocent causes: why unrelated or openly related people come to act alike, as plain data.

A list of kinds teaches a detector those kinds. Here a group's cause is put together from components that have nothing to
do with each other: one value of each is drawn, and whatever can be is a group. Real innocents show several traits of a
campaign at once (one template, the full hour, one card), and that is the point. Three traits together are what an
operator is and no innocent: accounts made in series by one hand, concealed, for a training set; `traits` says who shows
which, and such a combination is never drawn.

Weights are chances relative to the other values of the component. They are no measurement: nobody publishes how common
these are, so rare ones are drawn often enough to be met in a few worlds. Sources are named where there are any;
"published campaigns" are those of Anthropic's post of 2026-02-23 and of the letter of 2026-06-10.
"""

from __future__ import annotations

Cause = dict[str, str]  # component -> value
Grammar = dict[str, dict[str, float]]  # component -> value -> weight

INNOCENT: Grammar = {
    # Where the accounts come from.
    "origin": {
        "strangers": 4,  # over months, each on their own
        "signup_event": 1,  # a talk, a stream, a post with a code: one evening
        "class_programme": 1,  # a class with the education programme and the college's mail
        "class_quiet": 1,  # the same class when nobody asked for the programme
        "contest": 1,  # days of sign-ups before a contest
        "company_record": 1,  # with an organization of record
        "company_quiet": 1,  # its administrator made the accounts within two days, as persons
        "agency": 1,  # an account for each of its clients, made at its own desk
        "account_seller": 1,  # sells to people of countries that are not served: made in series, buyers unrelated
        "reseller": 1,  # makes an account for each customer: one mail domain, one machine
        "gateway": 1,  # customers of a router who put in a key of their own
    },
    # What makes the requests. One program explains one client, one prompt and one rhythm of thousands of strangers.
    "software": {
        "none": 3,  # everybody with a client of their own
        "client": 2,  # an open-source client: its build has a user agent and a TLS fingerprint (JA4) of its own
        "app": 2,  # an app in which people put a key of their own: client, system prompt and tools are the app's
        "browser_extension": 2,  # a browser's fingerprint, the extension's prompt
        "bot_template": 2,  # a repository to fork and deploy: common library, the template's prompt and tools
        "framework_default": 2,  # agent frameworks ship a default prompt and default tools
    },
    # What is written. Published campaigns used one template in tens of thousands of variants; so does every app.
    "content": {
        "free": 2,
        "popular_prompts": 1,  # copied from tutorials and prompt collections
        "one_template": 2,
        "template_variants": 2,  # three to eight templates
        "mixture": 2,  # a template now and then, free prompts otherwise
    },
    # About what. A narrow capability is a trait of campaigns, of a class and of a product with one feature.
    "tasks": {
        "diverse": 2, "everyday": 1, "office": 1, "support": 1, "developer": 2,
        "coding": 1, "agentic": 1, "reasoning": 1, "grading": 1, "vision": 1,
    },
    # Whether reasoning is asked for. Teachers and graders do; a campaign need not (reasoning can be rebuilt from
    # answers, arXiv 2603.07267).
    "elicitation": {
        "low": 1,
        "usual": 3,
        "tutoring": 1,  # "explain every step"
        "evaluation": 1,  # a grade, and the reasons for it
    },
    # When. Schedulers fire at the times that their documentation shows: at the full hour, at two in the night.
    "schedule": {
        "people_day": 2, "working_hours": 1, "round_the_clock": 1,
        "full_hour": 2, "half_hour": 1,
        "at_two": 1,  # a nightly job, 02:00 UTC for everybody who copied it
        "random_minute": 1,  # the minute in the example that everybody copied
        "push": 2,  # all users of an app are notified at one moment, another one each day
        "event": 1,  # some hours: a launch, a lesson, a finale
    },
    # Shared payment is what published campaigns were linked by, and what an employer, a parent and an agency do.
    "payment": {
        "own_cards": 5,
        "one_payer": 2,
        "card_batch": 1,  # an issuer of virtual cards: one BIN, some numbers on several accounts
        "prepaid_gift": 1,  # who has no card that is accepted buys one in a shop
        "marketplace": 1,  # billed through a cloud provider
    },
    # From where. Carriers put thousands behind one address (RFC 6598), campuses and offices as well.
    "network": {"homes": 4, "carrier_nat": 1, "vpn": 1, "campus": 1, "one_office": 1, "hosted": 2, "foreign": 1},
    # How much. Programs load evenly without balancing anything.
    "volume": {"heavy_tailed": 2, "even": 1},
    # Which model. On a release, whoever names "the newest" in a configuration moves at once.
    "models": {"spread": 2, "moves_at_once": 1, "stays": 1},
    # What the provider knows of them.
    "identity": {"usual": 3, "verified": 1, "unverified_freemail": 1, "company_domain": 1},
    # Uses that look like making a training set, and are open, or are not.
    "purpose": {
        "none": 6,
        "vendor_contract": 4,  # evaluation or training data made for somebody who may have it
        "replication": 1,  # runs of a published paper: some of the cases Google told of (2026-02-12) may be research
        "output_heavy": 1,  # reports, translations, stories: short questions, long answers
    },
}  # fmt: skip

CONTRACTED = ("company_record", "company_quiet")
WITH_DOMAIN = (*CONTRACTED, "class_programme", "agency", "reseller")
# What a value cannot be without: component -> values that go with it.
FITS: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
    ("origin", "account_seller"): {  # buyers have nothing in common but where they bought
        "software": ("none", "client", "app"),
        "content": ("free", "popular_prompts", "mixture"),
        "tasks": ("diverse", "everyday", "office", "developer"),
        "payment": ("card_batch", "prepaid_gift"),
        "network": ("carrier_nat", "vpn", "hosted", "foreign"),
        "identity": ("usual", "unverified_freemail"),
        "purpose": ("none", "output_heavy"),
    },
    ("origin", "gateway"): {"network": ("hosted",), "software": ("client",)},
    ("identity", "company_domain"): {"origin": WITH_DOMAIN},
    ("network", "campus"): {"origin": ("strangers", "signup_event", "class_programme", "class_quiet", "contest")},
    ("network", "one_office"): {"origin": (*CONTRACTED, "agency", "signup_event", "contest")},
    ("purpose", "vendor_contract"): {"origin": CONTRACTED, "tasks": ("coding", "agentic", "reasoning", "grading")},
    ("payment", "marketplace"): {"software": ("none", "client", "bot_template", "framework_default")},
}

SERIES = {("origin", name) for name in ("account_seller", "reseller", "agency", "company_quiet")}
HIDDEN = {
    ("network", "vpn"), ("network", "foreign"), ("payment", "card_batch"), ("payment", "prepaid_gift"),
    ("origin", "account_seller"),
}  # fmt: skip
NARROW = ("coding", "agentic", "reasoning", "grading", "vision")
TEACHES = ("tutoring", "evaluation")


def traits(cause: Cause) -> set[str]:
    """What an accuser could say of a group of that cause: `series`, `hidden`, `training`; an operator is all three."""
    values = set(cause.items())
    is_taught = cause["tasks"] in NARROW and cause["elicitation"] in TEACHES
    said = {
        "series": bool(values & SERIES),
        "hidden": bool(values & HIDDEN),
        "training": cause["purpose"] != "none" or is_taught,
    }
    return {name for name, is_so in said.items() if is_so}


def can_be(cause: Cause) -> bool:
    """Whether nothing in it is without what it needs; components may be missing."""
    return all(
        other not in cause or cause[other] in allowed
        for value in cause.items()
        for other, allowed in FITS.get(value, {}).items()
    )


def is_innocent(cause: Cause) -> bool:
    """Whether such a group can be, and is not all that an operator is."""
    return can_be(cause) and len(traits(cause)) < 3


def text(cause: Cause) -> str:
    """The cause in one line, `component=value;component=value`."""
    return ";".join(f"{component}={value}" for component, value in cause.items())
