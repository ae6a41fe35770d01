"""The night's report: a folder of pages that open from a mail or a share, made from the published tables."""

from jobs.views.report.site import INDEX, PUBLISHED, render

__all__ = ["INDEX", "PUBLISHED", "render"]
