"""The record of one campaign for people who must answer for what they do with it: counsel, a board, a court."""

from jobs.views.dossier.printed import pdf
from jobs.views.dossier.record import record

__all__ = ["pdf", "record"]
