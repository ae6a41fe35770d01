"""What the accounts of an innocent cause do: software, content, tasks, schedule, volume, models; one function a value.

Functions overwrite the streams of the accounts they are given. Operators borrow the schedules to look innocent.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from jobs.simulate import catalogues as cat
from jobs.simulate import people
from jobs.simulate.lookalikes import HOUR_US, one_client, one_template
from jobs.simulate.people import DAY_US, Column
from jobs.simulate.population import Beat, Builder

Make = Callable[[Builder, Column], None]
LIBRARIES = (0, 1, 4, 5)  # of cat.CLIENTS: what templates and frameworks are written with
BROWSERS = (6, 7)


def nothing(build: Builder, index: Column) -> None:
    """As ordinary people."""


def client(build: Builder, index: Column) -> None:
    one_client(build, index, f"chat-desk-{build.rng.bytes(2).hex()}/0.{build.rng.integers(1, 40)} Electron/33")
    build.streams.system_prompt[index] = -1


def app(build: Builder, index: Column) -> None:
    one_client(build, index, f"app-{build.rng.bytes(2).hex()}/{build.rng.integers(1, 9)}.2 okhttp/4.12")
    build.streams.tools[index] = build.streams.system_prompt[index]


def with_prompt(build: Builder, index: Column, clients: tuple[int, ...], uses_tools: bool) -> None:
    """A prompt that ships with something, through clients that everybody uses."""
    build.streams.client[index] = build.rng.choice(clients)
    build.streams.system_prompt[index] = build.prompt()
    build.streams.tools[index] = build.streams.system_prompt[index] if uses_tools else -1
    build.streams.access_path[index] = 0


def framework_default(build: Builder, index: Column) -> None:
    build.streams.client[index] = build.rng.choice(LIBRARIES, len(index))
    default = int(build.rng.integers(0, cat.FRAMEWORKS))
    build.streams.system_prompt[index] = build.streams.tools[index] = default
    build.streams.access_path[index] = 0


def free(build: Builder, index: Column) -> None:
    build.streams.template_share[index] = build.rng.uniform(0.0, 0.1)


def popular_prompts(build: Builder, index: Column) -> None:
    copied = np.searchsorted(cat.POPULAR_CUT, build.rng.random((len(index), 4)))
    build.streams.template[index] = cat.FRAMEWORKS + copied
    build.streams.template_share[index] = build.rng.uniform(0.4, 0.9)
    build.streams.template_keep[index] = build.rng.uniform(0.5, 0.95)


def templates(build: Builder, index: Column, least: int, most: int, low: float, high: float) -> None:
    """`least` to `most` templates in a share of requests; what people fill in leaves more or less of the text alike."""
    count, rng = int(build.rng.integers(least, most + 1)), build.rng
    one_template(build, index, count, rng.uniform(low, high), rng.uniform(0.35, 0.95), "diverse")


def tasks(build: Builder, index: Column, name: str) -> None:
    build.streams.task_mix[index] = cat.task_mix(name)


def elicitation(build: Builder, index: Column, a: float, b: float) -> None:
    build.streams.elicit_a[index], build.streams.elicit_b[index] = a, b


def people_day(build: Builder, index: Column) -> None:
    build.streams.rhythm[index], build.streams.beat[index] = people.DIURNAL, -1


def working_hours(build: Builder, index: Column) -> None:
    people_day(build, index)
    build.streams.weekend[index] = 0.04


def round_the_clock(build: Builder, index: Column) -> None:
    build.streams.rhythm[index] = people.ALWAYS
    build.streams.weekend[index] = 1.0


def each_hour(build: Builder, index: Column, first: int, last: int) -> None:
    """A scheduler's line that everybody copied: one minute of the hour, every hour."""
    build.streams.rhythm[index] = people.CRON
    build.streams.minute[index] = build.rng.integers(first, last + 1)
    build.streams.weekend[index] = 1.0


def in_beat(build: Builder, index: Column, beat: Beat) -> None:
    build.streams.rhythm[index] = people.BEAT
    build.streams.beat[index] = build.beat(beat)


def at_two(build: Builder, index: Column) -> None:
    in_beat(build, index, Beat(1, 40.0, 2.0, 3.0, fixed=True, is_on_the_dot=True))


def push(build: Builder, index: Column) -> None:
    """All are told at the same moments, another each day; people look within minutes."""
    in_beat(build, index, Beat(int(build.rng.integers(1, 4)), build.rng.uniform(180, 900), 6.0, 22.0))


def event(build: Builder, index: Column) -> None:
    """Some hours of one day, and little on the day after."""
    day = int(build.rng.integers(0, max(1, build.days - 1)))
    start = float(build.rng.integers(6, 16))
    in_beat(build, index, Beat(5, 1_500.0, start, start + 5))
    created = build.accounts.created_us
    created[index] = np.minimum(created[index], build.first_us + day * DAY_US + int(start * HOUR_US))
    build.streams.first_day[index] = day
    build.streams.last_day[index] = day + build.rng.choice([1, 2], len(index), p=(0.8, 0.2))
    build.streams.active_share[index] = 0.95


def heavy_tailed(build: Builder, index: Column) -> None:
    build.streams.rate[index] = np.minimum(900.0, np.exp(build.rng.normal(2.6, 1.3, len(index))))


def even(build: Builder, index: Column) -> None:
    usual = np.exp(build.rng.uniform(np.log(8), np.log(60)))
    build.streams.rate[index] = usual * np.exp(build.rng.normal(0, 0.12, len(index)))
    build.streams.volume_sigma[index] = 0.15
    build.streams.active_share[index] = 0.95


def models(build: Builder, index: Column, mix: int, pivot: float) -> None:
    build.streams.model_mix[index], build.streams.pivot[index] = mix, pivot


def output_heavy(build: Builder, index: Column, question: float = 5.6, answer: float = 7.2) -> None:
    """Logarithms of tokens: everybody else asks with about 600 and is answered with about 270."""
    build.streams.input_log[index], build.streams.output_log[index] = question, answer


def vendor_contract(build: Builder, index: Column) -> None:
    output_heavy(build, index, 6.6, 6.9)
    named = build.accounts.organization_name[index] != None  # noqa: E711 - element by element
    build.accounts.organization_name[index[named]] = f"Plumbline Data {build.rng.integers(1, 1_000)}"
    people.verified(build.rng, build.accounts, index)


def replication(build: Builder, index: Column) -> None:
    """Runs on some days; some of those who run it told of it and got the research programme."""
    output_heavy(build, index, 6.4, 6.6)
    build.streams.active_share[index] = 0.5
    build.accounts.access_program[index[build.rng.random(len(index)) < 0.4]] = "research"


SCHEDULES: dict[str, Make] = {
    "people_day": people_day,
    "working_hours": working_hours,
    "round_the_clock": round_the_clock,
    "full_hour": partial(each_hour, first=0, last=0),
    "half_hour": partial(each_hour, first=30, last=30),
    "at_two": at_two,
    "random_minute": partial(each_hour, first=1, last=29),
    "push": push,
    "event": event,
}
HABITS: dict[str, dict[str, Make]] = {
    "software": {
        "none": nothing,
        "client": client,
        "app": app,
        "browser_extension": partial(with_prompt, clients=BROWSERS, uses_tools=False),
        "bot_template": partial(with_prompt, clients=LIBRARIES, uses_tools=True),
        "framework_default": framework_default,
    },
    "content": {
        "free": free,
        "popular_prompts": popular_prompts,
        "one_template": partial(templates, least=1, most=1, low=0.5, high=0.95),
        "template_variants": partial(templates, least=3, most=8, low=0.5, high=0.95),
        "mixture": partial(templates, least=1, most=3, low=0.2, high=0.5),
    },
    "tasks": {name: partial(tasks, name=name) for name in cat.TASK_MIX_NAMES},
    "elicitation": {
        "low": partial(elicitation, a=0.8, b=12.0),
        "usual": nothing,
        "tutoring": partial(elicitation, a=3.0, b=2.5),
        "evaluation": partial(elicitation, a=4.0, b=2.5),
    },
    "schedule": SCHEDULES,
    "volume": {"heavy_tailed": heavy_tailed, "even": even},
    "models": {
        "spread": partial(models, mix=cat.DIVERSE_MIX, pivot=0.1),
        "moves_at_once": partial(models, mix=cat.FLAGSHIP_MIX, pivot=0.9),
        "stays": partial(models, mix=cat.FLAGSHIP_MIX, pivot=0.02),
    },
    "purpose": {
        "none": nothing,
        "vendor_contract": vendor_contract,
        "replication": replication,
        "output_heavy": output_heavy,
    },
}
