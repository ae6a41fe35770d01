"""One message for a night that quality refused: which checks, and the commands that look further.

IOLAUS_ALERT is a command, in words as a shell would split them, though no shell runs it. It gets the message as one line of JSON on
its standard input, and the environment without what is secret there. Whatever becomes of it, the night ends as it would.
"""

from __future__ import annotations

import json
import logging
import subprocess
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from jobs.lake.lake import Lake
from jobs.nights import steps
from jobs.nights.listening import Listener, reason
from jobs.telemetry.outcomes import Outcome, outcome

SECONDS = 10.0  # for the command, which hands the message over and ends
MAX_CHECKS = 20
log = logging.getLogger(__name__)


class Alert(Listener):
    """Runs `command` once for a night that was refused. `environment` is all that the command gets of it."""

    def __init__(self, lake: Lake, root: Path, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._lake, self._root, self._command, self._environment = lake, root, command, environment

    def ended(self, night: date, error: BaseException | None) -> None:
        if error is None or outcome(error) is not Outcome.REFUSED:
            return
        said = json.dumps(message(self._root, night, str(error), _failed(self._lake, night))) + "\n"
        try:
            done = subprocess.run(
                self._command, input=said, env=dict(self._environment), text=True, timeout=SECONDS, check=False,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as failure:
            log.warning("The command of IOLAUS_ALERT failed (%s): nobody was told of %s by it.", reason(failure), night)
            return
        if done.returncode:
            log.warning("The command of IOLAUS_ALERT ended with %d: see whether it told of %s.", done.returncode, night)


def message(root: Path, night: date, sentence: str, checks: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """What is told. `key` is the same whenever the same night is refused, so that a pager can keep it one incident."""
    return {
        "event": "night_refused",
        "key": f"iolaus-refused-{night}",
        "night": f"{night}",
        "root": str(root),
        "message": sentence,
        "checks": [dict(each) for each in checks[:MAX_CHECKS]],
        "failed_checks": len(checks),
        "look_further": [f"iolaus status --root {root}", f"{root}/quality/data_docs/{night}/index.html"],
        "then": f"iolaus run --root {root} --date {night}",
    }


def _failed(lake: Lake, night: date) -> list[dict[str, object]]:
    """The critical checks that failed, with the figure that each saw; counts only."""
    columns = ["table_name", "expectation", "severity", "success", "observed", "unexpected_count"]
    rows = lake.read_arrow(steps.JUDGED, night, night, columns).to_pylist()
    return [
        {
            "table": row["table_name"],
            "check": row["expectation"],
            "observed": row["observed"],
            "rows": row["unexpected_count"],
        }
        for row in rows
        if row["severity"] == "critical" and not row["success"]
    ]
