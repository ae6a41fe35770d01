"""What a world is made of, as plain data: presets, campaigns and their dials, look-alikes.

Every field of a `CampaignSpec` is a dial an operator could turn to hide better; every `LookalikeSpec` is a group that
looks coordinated and is not. The kinds follow what was published about real campaigns: Anthropic's report of
2026-02-23 (shared payment, synchronised timing, one proxy network, replacement after a ban, pivot to a new model) and
the letter of 2026-06-10 reported by CNBC and Reuters (about 26 exchanges an account a day).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

Beta = tuple[float, float]

LEAST_CAMPAIGN = 30  # accounts: smaller groups are indistinguishable from a family or a team
CAMPAIGN_SHARE = 0.12  # of all accounts, over all campaigns


@dataclass(frozen=True)
class CampaignSpec:
    """One operator's campaign. Shares are 0..1, `weight` is its size relative to the other campaigns."""

    name: str
    tier: str
    actor: str
    weight: float = 1.0
    # volume
    requests_per_day: float = 26.0  # per account: 28.8 million over 45 days and 25,000 accounts
    volume_spread: float = 0.25  # sigma of the account-to-account lognormal: load balancing keeps it low
    active_day_share: float = 0.95
    first_day: int = 0
    ramp_days: int = 1  # days over which accounts start working
    # payment
    shared_card_share: float = 0.0
    accounts_per_card: int = 3
    card_bins: int = 2  # virtual-card BINs used; 0 is ordinary bank cards of a hundred BINs
    # device
    shared_device_share: float = 0.0
    accounts_per_device: int = 3
    # network: `hosting`, `proxy` (a provider's own ranges) or `residential` (ordinary people's addresses)
    address_kind: str = "residential"
    addresses_per_account: int = 1
    accounts_per_address: float = 1.0  # in the campaign's pool; 1 gives every account its own
    address_rotation: int = 1  # addresses each slot moves over from day to day; 1 keeps it
    proxy_network: str | None = None
    # content
    templates: int = 2
    template_share: float = 0.85  # requests made from a template
    template_jaccard: float = 0.7  # of a request's sketch with its template: lower is more paraphrase
    elicitation: Beta = (3.0, 2.5)
    tasks: str = "coding"
    flagship_share: float = 0.85
    pivot_share: float = 0.5  # traffic moved to a new model within 24 hours
    # rhythm
    beat_slots: int = 40  # batches a day; 0 is asynchronous
    beat_jitter_seconds: float = 45.0
    # client and identity
    client: str = "common"  # `common` python client or `custom` build
    system_prompt: str = "none"  # `none`, `shared`, `framework`
    email_pattern: str = "digits"  # `digits`, `catch_all`, `plain`
    shared_phone_share: float = 0.1
    shared_document_share: float = 0.0
    aged_share: float = 0.0  # accounts bought, with a past of their own
    signup_bursts: int = 3
    access_program: str | None = None
    # evasion over time
    honest_share: float = 0.0  # unrelated customers' requests mixed into the same accounts
    banned_share: float = 0.0  # accounts banned on each day; each is replaced
    replacement_hours: float = 12.0
    victim_share: float = 0.0  # ordinary people whose leaked key carries traffic, relative to accounts


@dataclass(frozen=True)
class LookalikeSpec:
    """A kind of innocent group: `accounts` in each group, one group per `per_accounts` accounts of the world."""

    kind: str
    accounts: int
    per_accounts: int


@dataclass(frozen=True)
class Turn:
    """What changes in the life of a campaign on a day of the world (0 is the first)."""

    kind: str  # `pause` (until a day; without one for good), `merge` (into another), `split`, `rotate`
    campaign: str
    day: int
    until: int | None = None
    into: str | None = None


@dataclass(frozen=True)
class Group:
    """A group drawn from a grammar: component -> value. An operator has a `spec` and its campaign's id.

    Its accounts are `accounts` rows from row `first` of all drawn groups, then those of its victims; an operator
    `inside` another group has the last of that one's rows.
    """

    group_id: str
    cause: dict[str, str]
    accounts: int
    spec: CampaignSpec | None = None
    victims: int = 0
    first: int = 0
    inside: str | None = None


@dataclass(frozen=True)
class Drawn:
    """How many groups are drawn per accounts of the world; at least one of each that is wanted at all."""

    innocents: int
    operators: int
    per_accounts: int = 8_000


@dataclass(frozen=True)
class Preset:
    accounts: int
    days: int
    campaigns: tuple[CampaignSpec, ...]
    lookalikes: tuple[LookalikeSpec, ...]
    is_varied: bool = False  # dials, sizes and numbers of look-alikes drawn by the seed
    turns: tuple[Turn, ...] = ()
    drawn: Drawn | None = None  # groups drawn from the grammars of causes and operators, by the seed
    groups: tuple[Group, ...] = ()


HARD = CampaignSpec(
    "aster", "hard_shared", "Operator Aster", 1.0, shared_card_share=0.9, accounts_per_card=5, card_bins=1,
    shared_device_share=0.7, accounts_per_device=5, address_kind="hosting", addresses_per_account=3,
    accounts_per_address=4.0, system_prompt="shared", email_pattern="catch_all", shared_document_share=0.2,
    shared_phone_share=0.3, templates=1, tasks="reasoning", elicitation=(5.0, 2.0), template_jaccard=0.8,
)  # fmt: skip
PARTLY = CampaignSpec(
    "borage", "partly_shared", "Operator Borage", 1.2, shared_card_share=0.3, shared_device_share=0.25,
    address_kind="proxy", proxy_network="Cobalt Relay", addresses_per_account=3, accounts_per_address=3.0,
    ramp_days=2, templates=3, tasks="agentic", honest_share=0.15, elicitation=(2.5, 2.5),
)  # fmt: skip
ONE_ADDRESS = CampaignSpec(
    "clover", "one_address_per_account", "Operator Clover", 1.5, card_bins=2, client="custom", templates=2,
    template_jaccard=0.7, tasks="coding", elicitation=(2.0, 3.0), signup_bursts=4, ramp_days=2, first_day=1,
)  # fmt: skip
SOFT = CampaignSpec(
    "dodder", "soft_only", "Operator Dodder", 1.2, aged_share=0.95, card_bins=0, email_pattern="plain",
    shared_phone_share=0.0, templates=2, template_jaccard=0.65, tasks="agentic", beat_jitter_seconds=60.0,
    volume_spread=0.5, elicitation=(1.0, 8.0), first_day=1, signup_bursts=0,
)  # fmt: skip
SLOW = CampaignSpec(
    "elder", "slow_async", "Operator Elder", 0.9, requests_per_day=7.0, volume_spread=0.6, active_day_share=0.8,
    address_kind="proxy", proxy_network="Garnet Exit", addresses_per_account=2, accounts_per_address=1.0,
    address_rotation=6, beat_slots=0, templates=1, template_jaccard=0.6, tasks="grading", aged_share=0.5,
    elicitation=(2.5, 3.0), email_pattern="plain", shared_phone_share=0.0,
)  # fmt: skip
ROTATION = CampaignSpec(
    "fennel", "rotation", "Operator Fennel", 0.8, shared_card_share=0.4, shared_device_share=0.2,
    address_kind="hosting", addresses_per_account=2, accounts_per_address=1.5, banned_share=0.06, templates=2,
    tasks="reasoning", elicitation=(4.0, 2.0), system_prompt="framework", access_program="startup",
)  # fmt: skip
NETWORK_FIRST = CampaignSpec(
    "gorse", "partly_shared", "Operator Gorse", 0.8, shared_card_share=0.2, shared_device_share=0.15,
    address_kind="proxy", proxy_network="Hydra Gate", addresses_per_account=4, accounts_per_address=4.0,
    templates=2, tasks="coding", victim_share=0.25, elicitation=(3.0, 2.5), system_prompt="shared",
)  # fmt: skip
NETWORK_SECOND = CampaignSpec(
    "heather", "partly_shared", "Operator Heather", 0.8, shared_card_share=0.2, shared_device_share=0.15,
    address_kind="proxy", proxy_network="Hydra Gate", addresses_per_account=4, accounts_per_address=4.0,
    templates=2, tasks="vision", victim_share=0.25, elicitation=(2.5, 3.0), beat_slots=24, client="custom",
    access_program="education",
)  # fmt: skip
EIGHT = (HARD, PARTLY, ONE_ADDRESS, SOFT, SLOW, NETWORK_FIRST, NETWORK_SECOND, ROTATION)

LOOKALIKES = (
    LookalikeSpec("enterprise_nat", 40, 2500),
    LookalikeSpec("agency", 15, 2500),
    LookalikeSpec("white_label", 30, 2500),
    LookalikeSpec("aggregator", 12, 5000),
    LookalikeSpec("class", 35, 2500),
    LookalikeSpec("hackathon", 30, 5000),
    LookalikeSpec("evaluation_vendor", 15, 5000),
    LookalikeSpec("academic_benchmark", 12, 5000),
    LookalikeSpec("ci_agents", 20, 5000),
    LookalikeSpec("proxy_customer", 30, 5000),
    LookalikeSpec("release_day", 60, 5000),
    LookalikeSpec("family", 3, 100),
    LookalikeSpec("bystander", 28, 5000),
    LookalikeSpec("enterprise_vpn", 25, 5000),
)
FEW_LOOKALIKES = (
    LookalikeSpec("enterprise_nat", 20, 400),
    LookalikeSpec("white_label", 16, 400),
    LookalikeSpec("class", 24, 400),
    LookalikeSpec("family", 3, 80),
)


def copies(specs: tuple[CampaignSpec, ...], rounds: int) -> tuple[CampaignSpec, ...]:
    """Repeat the roster, each round a little better hidden and of another size, under other operators' names."""
    out: list[CampaignSpec] = []
    for turn in range(rounds):
        for spec in specs:
            if turn == 0:
                out.append(spec)
                continue
            out.append(
                replace(
                    spec,
                    name=f"{spec.name}-{turn + 1}",
                    actor=f"{spec.actor} {turn + 1}",
                    weight=spec.weight * 0.6**turn,
                    template_jaccard=max(0.55, spec.template_jaccard - 0.05 * turn),
                    beat_jitter_seconds=spec.beat_jitter_seconds * (1 + turn),
                    proxy_network=f"{spec.proxy_network} {turn + 1}" if spec.proxy_network else None,
                    first_day=spec.first_day + 2 * turn,
                )
            )
    return tuple(out)


LIVES = (
    HARD,
    replace(PARTLY, honest_share=0.0),
    ONE_ADDRESS,
    SOFT,
    replace(SLOW, first_day=24),
    replace(NETWORK_FIRST, weight=1.4),
    replace(NETWORK_SECOND, ramp_days=30),
    replace(ROTATION, banned_share=0.012),
    replace(PARTLY, name="ivy", actor="Operator Ivy", proxy_network="Quartz Exit", tasks="grading", honest_share=0.0),
)
TURNS = (
    Turn("pause", "aster", 8),
    Turn("pause", "borage", 12, until=34),
    Turn("merge", "clover", 22, into="dodder"),
    Turn("split", "gorse", 18),
    Turn("rotate", "ivy", 30),
)


PRESETS: dict[str, Preset] = {
    "tiny": Preset(400, 3, (PARTLY, HARD, ONE_ADDRESS, SOFT), FEW_LOOKALIKES),
    "small": Preset(5_000, 10, EIGHT, LOOKALIKES),
    "varied": Preset(5_000, 10, EIGHT, LOOKALIKES, is_varied=True),
    "innocent": Preset(2_500, 7, (), LOOKALIKES),
    "lives": Preset(4_500, 60, LIVES, LOOKALIKES, turns=TURNS),
    "causes": Preset(8_000, 10, (), LOOKALIKES, drawn=Drawn(12, 5)),
    "quiet_causes": Preset(8_000, 10, (), LOOKALIKES, drawn=Drawn(12, 0)),
    "mid": Preset(20_000, 14, copies(EIGHT, 2), LOOKALIKES),
    "large": Preset(100_000, 14, copies(EIGHT, 3), LOOKALIKES),
}


def campaign_sizes(specs: tuple[CampaignSpec, ...], accounts: int) -> list[tuple[CampaignSpec, int]]:
    """Accounts of each campaign that fits: about 12 % of the world together, each at least 30, at least one of them."""
    budget = round(CAMPAIGN_SHARE * accounts)
    fitting = specs[: max(1, min(len(specs), budget // LEAST_CAMPAIGN))]
    total = sum(spec.weight for spec in fitting)
    return [(spec, max(LEAST_CAMPAIGN, round(budget * spec.weight / total))) for spec in fitting]
