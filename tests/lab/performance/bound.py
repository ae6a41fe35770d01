"""The least that any pipeline must do with a night's requests, as DuckDB does it on two threads.

    python -m tests.lab.performance.bound ROOT

reads the delivered requests three times and groups them: by account; by account and what it used; by account and value of its
prompts' sketches. Prints CPU seconds, seconds and peak memory (GB) of the process as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import duckdb

THREADS = 2
USED = "client_address, user_agent, tls_ja4, system_prompt_hash, tools_hash, request_model"
GROUPINGS = (
    "SELECT account_id, count(*), sum(input_tokens), sum(output_tokens), min(requested_at), max(requested_at) FROM r GROUP BY 1",
    f"SELECT account_id, {USED}, count(*) FROM r GROUP BY ALL",
    "SELECT account_id, value, count(*) FROM (SELECT account_id, unnest(prompt_sketch) AS value FROM r) GROUP BY ALL",
)


def main() -> None:
    """Each grouping is counted to the end and kept nowhere."""
    files = str(Path(sys.argv[1]) / "raw" / "api_requests" / "ds=*" / "*.parquet")
    started, connection = time.monotonic(), duckdb.connect()
    connection.execute(f"SET threads = {THREADS}")
    connection.from_parquet(files).create_view("r")
    rows = [connection.sql(f"SELECT count(*) FROM ({grouping})").fetchall()[0][0] for grouping in GROUPINGS]
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    told = {"cpu": cpu, "seconds": time.monotonic() - started, "peak": used.ru_maxrss * 1024 / 1e9, "rows": rows}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
