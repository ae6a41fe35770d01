"""The report of a night: one self-contained HTML page that needs no network, made from the published tables."""

from jobs.views.report.page import render

__all__ = ["render"]
