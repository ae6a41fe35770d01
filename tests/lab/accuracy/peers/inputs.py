"""What every peer is given of one world: the same nights, the same pseudonyms, the same signals as iolaus' own linking.

- `observations.parquet`: account_id, signal, entity, events, days, first_seen_at, last_seen_at; what iolaus links.
- `accounts.parquet`: one row per active account, for record linkage. A column per signal holds the entity met most often,
  and where accounts meet many, `<signal>_list` holds the MOST most met.
- `posts.csv`: the requests as messages with links, for coordination on social media, in that toolkit's column order. The
  links are the bands of the prompt's sketch, the address, the system prompt and the tools. Links that one account alone
  met are left out, and so are requests without a link: neither can make an edge.

Peers thereby get signals that a team would have to build first, email patterns and prompt bands among them.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from jobs import signals
from jobs.columns import WINDOW_DAYS
from jobs.graph.sharing.bands import BANDS, WIDTH
from jobs.lake.lake import Lake

OBSERVATIONS, ACCOUNTS, POSTS = "observations.parquet", "accounts.parquet", "posts.csv"
MANY = ("egress_address", "egress_prefix", "egress_network", "login_address", "payment_instrument", "prompt_template")
MOST = 40  # as many entities of one signal as iolaus looks at


def write_inputs(root: Path, folder: Path) -> None:
    """Write the three files of the last night of the world at `root`."""
    folder.mkdir(parents=True, exist_ok=True)
    lake = Lake(root)
    night = max(lake.builds("links.observations"))
    observations = lake.read_arrow("links.observations", night, night)
    observations = observations.sort_by([(name, "ascending") for name in ("account_id", "signal", "entity")])
    pq.write_table(observations, folder / OBSERVATIONS)
    columns = ("request_id", "account_id", "requested_at", "prompt_sketch", "client_address", "system_prompt_hash")
    first = night - timedelta(days=WINDOW_DAYS - 1)
    requests = lake.read_arrow("staged.api_requests", first, night, (*columns, "tools_hash"))
    with duckdb.connect(config={"threads": 2}) as database:
        database.register("observations", observations)
        database.register("requests", requests)
        database.execute(f"copy ({_accounts()}) to '{folder / ACCOUNTS}' (format parquet)")
        database.execute(f"copy ({_posts()}) to '{folder / POSTS}' (format csv, header)")


def _accounts() -> str:
    first = [f"max(entity) filter (signal = '{name}' and place = 1) as {name}" for name in signals.declared()]
    lists = [
        f"list(entity order by place) filter (signal = '{name}' and place <= {MOST}) as {name}_list" for name in MANY
    ]
    return f"""
        with ranked as (
            select *, row_number() over (partition by account_id, signal order by events desc, entity) as place
            from observations
        )
        select account_id, {", ".join([*first, *lists])} from ranked group by account_id order by account_id
    """


def _posts() -> str:
    bands = ", ".join(f"'b{n}:' || substr(prompt_sketch, {1 + n * WIDTH}, {WIDTH})" for n in range(BANDS))
    others = "'address:' || client_address, 'system:' || system_prompt_hash, 'tools:' || tools_hash"
    return f"""
        with links as (
            select request_id, account_id, epoch(requested_at) as seconds, unnest([{bands}, {others}]) as link from requests
        ),
        shared as (select link from links where link is not null group by link having count(distinct account_id) > 1)
        select request_id as message_id, account_id as user_id, '' as username, '' as repost_id, '' as reply_id,
            '' as message, seconds as "timestamp", string_agg(link, ' ' order by link) as urls
        from links semi join shared using (link) group by all order by seconds, request_id
    """
