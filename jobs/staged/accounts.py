"""One row per account in the snapshot in force, with what its e-mail and phone say in tokens that can be compared.

`email_pattern` makes machine-made series visible without the names: the local part's runs of letters become `a` and
a bucket of their length (1 to 3, 4 to 7, 8 and more), runs of digits `9` and their exact length, separators stay, a
plus tag is `+`, and the domain is kept: `john.smith4821@x` and `mary.clark0077@x` both become `a4.a494@x`. Exact
letter lengths would scatter a series over as many shapes as there are names; the digits' length is what a generator
fixes. At a large mail provider many strangers share a shape, which its weight against chance takes care of.
"""

from __future__ import annotations

import re

import pyarrow as pa

from jobs.landing.landed import Landed, address_columns
from jobs.landing.shapes import SNAPSHOT, Field, RawTable
from jobs.privacy import pseudonyms

LETTER_BUCKETS = (8, 4, 1)  # lower bounds of the length of a run of letters
LINE_DIGITS = 4  # a phone's last digits are the line; what is before them is the block a carrier assigned
LEAD_DIGITS = range(2, 10)  # leading digits that an indicator on phone prefixes may name
# Consumer mail providers, where a shared domain says nothing; the large ones of each region, not a complete list.
_FREEMAIL = """
gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com aol.com
proton.me protonmail.com gmx.com gmx.de gmx.net web.de mail.com mail.ru yandex.com yandex.ru zoho.com
tutanota.com fastmail.com qq.com 163.com 126.com sina.com foxmail.com naver.com daum.net rediffmail.com
orange.fr laposte.net libero.it seznam.cz
"""
FREEMAIL = frozenset(_FREEMAIL.split())
_RUNS = re.compile(r"[^\W\d_]+|\d+|.", re.DOTALL)


def parts(value: str) -> tuple[str, str] | None:
    """Local part and domain of an e-mail in lower case, or None for what is no e-mail."""
    local, at, domain = (pseudonyms.email(value) or "").rpartition("@")
    return (local, domain) if local and at and domain else None


def domain(value: str) -> str | None:
    found = parts(value)
    return found[1] if found else None


def pattern(value: str) -> str | None:
    """The shape of an e-mail and its domain, e.g. `a4.a494@example.org` for `john.smith4821@example.org`."""
    found = parts(value)
    if found is None:
        return None
    local, tag, _ = found[0].partition("+")
    return "".join(_run(each) for each in _RUNS.findall(local)) + tag + "@" + found[1]


def _run(run: str) -> str:
    if run.isdigit():
        return f"9{len(run)}"
    if run.isalpha():
        return f"a{next(low for low in LETTER_BUCKETS if len(run) >= low)}"
    return run


def phone_prefix(value: str) -> str | None:
    number = pseudonyms.digits(value) or ""
    return number[:-LINE_DIGITS] or None


def phone_leads(value: str) -> list[str]:
    """The 2, 3, ... 9 leading digits of a phone, as far as it has them."""
    number = pseudonyms.digits(value) or ""
    return [number[:count] for count in LEAD_DIGITS if len(number) >= count]


def derive(landed: Landed) -> dict[str, pa.Array]:
    made = landed.pseudonyms
    freemail = made.per_distinct(landed["email"], _is_freemail, pa.bool_())
    leads = made.per_distinct(
        landed["phone"], lambda value: " ".join(made.token("phonelead", lead) for lead in phone_leads(value)) or None
    )
    return address_columns(landed, "signup_address", "signup") | {
        "organization_name": landed.tokens("org", "organization_name", pseudonyms.name),
        "email": landed.tokens("email", "email", pseudonyms.email),
        "email_domain": landed.tokens("domain", "email", domain),
        "is_freemail": freemail,
        "email_pattern": landed.tokens("pattern", "email", pattern),
        "phone": landed.tokens("phone", "phone", pseudonyms.digits),
        "phone_prefix": landed.tokens("phoneprefix", "phone", phone_prefix),
        "phone_prefixes": leads,
        "full_name": landed.tokens("name", "full_name", pseudonyms.name),
        "signup_device_id": landed.tokens("device", "signup_device_id", pseudonyms.plain),
        "kyc_document_hash": landed.tokens("kyc", "kyc_document_hash", pseudonyms.plain),
    }


def _is_freemail(value: str) -> bool | None:
    found = domain(value)
    return found in FREEMAIL if found else None


RAW = RawTable(
    name="accounts",
    kind=SNAPSHOT,
    fields=(
        Field("account_id", required=True),
        Field("created_at", "timestamp", required=True),
        Field("organization_id"),
        Field("organization_name"),
        Field("email"),
        Field("email_verified", "boolean"),
        Field("phone"),
        Field("full_name"),
        Field("country"),
        Field("signup_address", address=True),
        Field("signup_device_id"),
        Field("kyc_status", means=("none",)),
        Field("kyc_document_hash"),
        Field("referral_code"),
        Field("access_program"),
        Field("tier"),
        Field("status", required=True, one_of=("active", "suspended", "banned", "closed")),
        Field("status_changed_at", "timestamp"),
        Field("status_reason"),
    ),
    key=("account_id",),
    derive=derive,
    made_from={
        **dict.fromkeys(("email_domain", "is_freemail", "email_pattern"), ("email",)),
        **dict.fromkeys(("phone_prefix", "phone_prefixes"), ("phone",)),
    },
)
