"""The closed vocabularies of what is published: each word once, with the rules by which words combine.

Contracts name a vocabulary by its class (`vocabulary: Role`), code uses its members, SQL the same texts.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What an account is to a campaign. Only an operated one works for it."""

    OPERATED = "operated"
    SHARED_INFRASTRUCTURE = "shared_infrastructure"
    VICTIM = "victim"


class Verdict(StrEnum):
    """What a campaign is held to be, gravest first."""

    DELIBERATE = "deliberate"
    SUSPICIOUS = "suspicious"
    INCIDENTAL = "incidental"
    BENIGN = "benign"


ACCUSING = (Verdict.DELIBERATE, Verdict.SUSPICIOUS)  # verdicts that are shown, ranked and attributed


class Status(StrEnum):
    """Whether a campaign is at work."""

    ACTIVE = "active"
    DORMANT = "dormant"
    DISRUPTED = "disrupted"
    RETIRED = "retired"


ASLEEP = (Status.DORMANT, Status.RETIRED)


class Event(StrEnum):
    """What happens to a campaign's identity in a night."""

    BORN = "born"
    CONTINUED = "continued"
    MERGED_INTO = "merged_into"
    ABSORBED = "absorbed"
    SPLIT_FROM = "split_from"
    DORMANT = "dormant"
    REVIVED = "revived"
    RETIRED = "retired"


STANDS_TONIGHT = (Event.BORN, Event.CONTINUED)  # a cluster of tonight is the campaign


class Decision(StrEnum):
    """What an analyst decided about an account or a campaign."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    BENIGN_RESELLER = "benign_reseller"
    BENIGN_RESEARCH = "benign_research"
    VICTIM = "victim"


CLEARING = (Decision.REJECTED, Decision.BENIGN_RESELLER, Decision.BENIGN_RESEARCH)


class Explanation(StrEnum):
    """Why accounts act together: extraction, one of the innocent reasons that are listed, or one that nobody thought of."""

    EXTRACTION = "extraction"
    RESELLER = "reseller"
    ENTERPRISE = "enterprise"
    CLASSROOM_OR_HACKATHON = "classroom_or_hackathon"
    EVALUATION_VENDOR = "evaluation_vendor"
    POPULAR_TOOL = "popular_tool"
    SMALL_GROUP = "small_group"
    UNLISTED_CAUSE = "unlisted_cause"


class SubjectKind(StrEnum):
    """What a decision or a piece of evidence is about."""

    ACCOUNT = "account"
    CAMPAIGN = "campaign"


class Line(StrEnum):
    """What a piece of evidence speaks to."""

    MEMBERSHIP = "membership"
    COORDINATION = "coordination"
    CONCEALMENT = "concealment"
    PURPOSE = "purpose"
    DECISION = "decision"
    PRIOR = "prior"


LINES = (Line.COORDINATION, Line.CONCEALMENT, Line.PURPOSE)  # what an accusation needs, all three of them
