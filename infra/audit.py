"""Known vulnerabilities of what is installed, by pip-audit: `python -m infra.audit`, or `make audit`.

pip-audit calls an environment clean when it could look nothing up; here that is said, and is no success.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 300
MAX_NAMED = 5
OWN = "iolaus"


def verdict(report: dict[str, Any]) -> tuple[int, list[str]]:
    """Exit code and sentences of a report: 0 clean, 1 vulnerable, 2 when nothing could be looked up."""
    packages = [each for each in report["dependencies"] if each["name"] != OWN]
    unknown = sorted(each["name"] for each in packages if "skip_reason" in each)
    said = [
        f"{each['name']} {each['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version yet'}."
        for each in packages
        for found in each.get("vulns", ())
    ]
    looked_up = len(packages) - len(unknown)
    if not looked_up:
        return 2, [
            f"pip-audit cannot reach its data: none of {len(packages)} packages was looked up; run it where PyPI is reached."
        ]
    if unknown:
        more = f" and {len(unknown) - MAX_NAMED} more" if len(unknown) > MAX_NAMED else ""
        said.append(f"Not looked up: {', '.join(unknown[:MAX_NAMED])}{more}.")
    known = sum(bool(each.get("vulns")) for each in packages)
    said.append(f"{looked_up} packages looked up, {known} with known vulnerabilities.")
    return (1 if known else 0), said


def main() -> None:
    """Print the verdict about this environment and exit with its code."""
    command = [str(Path(sys.executable).parent / "pip-audit"), "--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        code, said = verdict(json.loads(done.stdout))
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        code, said = verdict({"dependencies": []})
    print("\n".join(said), file=sys.stderr if code else sys.stdout)
    sys.exit(code)


if __name__ == "__main__":
    main()
