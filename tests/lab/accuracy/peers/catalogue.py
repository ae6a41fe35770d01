"""The peers: what a team would use instead, how each is started, and which settings are frozen.

Recommended settings come first. Where a cut-off has none, it was chosen once, by mean pairwise F1 over everything on the
tuning worlds (small 11, varied 12, 13, 14), among the values named beside it, and is not touched since. The toolkit's
network of all links a request shows (address, system prompt and tools besides the template) is left out: on small 11 its
pairwise F1 was .09 at weight 2 and .27 at weight 5, where templates alone had .70 and .87; a window of 600 s had .59.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Peer:
    """`script` below methods/ with `arguments`, in the environment of `<environment>.requirements.txt` or the project's."""

    title: str
    script: str
    arguments: tuple[str, ...] = ()
    environment: str | None = None


PEERS = (
    Peer("union-find on card and device", "union_find.py"),
    Peer("IDF projection and cut-off", "day_one.py"),
    Peer("Louvain, no filter", "louvain.py"),
    Peer("Splink 5, association only", "splink_link.py", ("association",), "splink"),
    Peer("Splink 5, EM", "splink_link.py", ("em",), "splink"),
    Peer("Splink 5, EM and term frequencies", "splink_link.py", ("em_tf",), "splink"),
    Peer("coordination toolkit, 60 s", "coordination.py", ("templates",), "coordination"),
    # Mean pairwise F1 at weight 5 was .88, at weight 10 .84.
    Peer("coordination toolkit, 60 s, weight 5", "coordination.py", ("templates", "60", "5"), "coordination"),
    Peer("`iolaus link`, same file", "iolaus_link.py"),
)
