"""Which signals are one kind of evidence: signals of a family move together, so a family counts once.

An address, its prefix and its network say the same thing three times; so do a card and the batch it was issued in, or a
TLS fingerprint and the framework's default prompt. Only evidence of *different* families is independent
enough to multiply (Fellegi and Sunter 1969 assume conditional independence between fields).
"""

from __future__ import annotations

FAMILIES = {
    "payment_instrument": "payment",
    "card_bin_cluster": "payment",
    "device": "device",
    "signup_address": "network",
    "login_address": "network",
    "egress_address": "network",
    "egress_prefix": "network",
    "egress_network": "network",
    "client_fingerprint": "software",
    "system_prompt": "software",
    "tool_set": "software",
    "prompt_template": "content",
    "email_pattern": "mail",
    "email_domain": "mail",
    "phone_prefix": "phone",
    "kyc_document": "document",
    "referral": "enrolment",
    "signup_burst": "enrolment",
    "activity_rhythm": "rhythm",
    "release_pivot": "pivot",
    "shared_burst": "synchrony",
}


def family_of(signal: str) -> str:
    """The family of a signal; a signal nobody listed is a family of its own."""
    return FAMILIES.get(signal, signal)
