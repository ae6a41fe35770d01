"""Programs that call the service: user agents, TLS fingerprints, and frameworks whose default prompts many people share."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from .dials import Dials
from .prompts import Prompt, template


@dataclass(frozen=True, slots=True)
class Client:
    """One program in one version."""

    user_agent: str | None
    ja4: str | None


@dataclass(frozen=True, slots=True)
class Framework:
    """A popular library: its default system prompt and tools are the same at everyone who uses it."""

    name: str
    client: Client
    system_prompt: str
    tools: str | None
    prompt: Prompt


def fingerprint(stack: str) -> str:
    """Return a JA4-shaped fingerprint that depends on the TLS stack only."""
    digest = hashlib.sha256(stack.encode()).hexdigest()
    ciphers, extensions, protocol = (
        10 + int(digest[:2], 16) % 9,
        8 + int(digest[2:4], 16) % 9,
        1 + int(digest[4], 16) % 2,
    )
    return f"t13d{ciphers:02d}{extensions:02d}h{protocol}_{digest[5:17]}_{digest[17:29]}"


_SDKS = (
    ("lumen-python/{v} httpx/0.27.2", "cpython-openssl3", ("1.12.0", "1.14.2", "1.15.1", "1.16.0"), 9.0),
    ("lumen-node/{v} node/20.11", "node20", ("2.3.1", "2.4.0", "2.6.2"), 6.0),
    ("python-requests/{v}", "cpython-openssl3", ("2.31.0", "2.32.3"), 3.0),
    ("axios/{v}", "node20", ("1.6.8", "1.7.2"), 2.0),
    ("Go-http-client/2.0", "go-crypto-tls", ("",), 2.0),
    ("okhttp/{v}", "jdk17", ("4.12.0", "5.0.0"), 1.5),
    ("curl/{v}", "curl-openssl3", ("8.4.0", "8.7.1"), 1.0),
    ("lumen-rs/{v} reqwest/0.12", "rustls", ("0.4.1", "0.5.0"), 0.8),
    ("GuzzleHttp/7", "php-curl", ("",), 0.8),
    ("openai-compat-python/{v}", "cpython-openssl3", ("1.30.1", "1.51.0"), 2.5),
)
_BROWSERS = (
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/{v}.0.0.0 Safari/537.36",
        "chrome",
        ("137", "138", "139"),
        10.0,
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/{v}.0.0.0 Safari/537.36",
        "chrome",
        ("137", "138"),
        4.0,
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/{v} Safari/605.1.15",
        "safari",
        ("18.4", "18.5"),
        3.0,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS {v} like Mac OS X) AppleWebKit/605.1.15 Mobile Safari/604.1",
        "ios",
        ("18_4", "18_5"),
        5.0,
    ),
    (
        "Mozilla/5.0 (Linux; Android {v}) AppleWebKit/537.36 Chrome/138.0.0.0 Mobile Safari/537.36",
        "chrome-android",
        ("13", "14", "15"),
        6.0,
    ),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0", "firefox", ("139", "140"), 1.5),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0",
        "firefox",
        ("128", "140"),
        2.0,
    ),
)
TOR_BROWSER = Client("Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0", fingerprint("firefox-esr"))
_FRAMEWORKS = (
    ("chainlink", 12, 90, "langkit-python/0.2.14", "cpython-openssl3"),
    ("crewdeck", 30, 60, "crewdeck/0.51 python/3.11", "cpython-openssl3"),
    ("coder-cli", 45, 120, "coder-cli/1.9.3 (linux; x64)", "node20"),
    ("autoflow", 18, 40, "autoflow-webhook/1.4", "node18"),
    ("docqa", 60, 70, "docqa/0.10", "cpython-openssl3"),
    ("pocket-agent", 80, 50, "pocket-agent/3.2", "bun"),
)


class Programs:
    """The software of one world."""

    def __init__(self, dials: Dials) -> None:
        """Fix this world's frameworks."""
        rng = dials.rng
        self.frameworks = [
            Framework(
                name,
                Client(agent, fingerprint(stack)),
                dials.token(32),
                dials.token(32) if dials.coin(0.6) else None,
                template(rng, words, float(fresh), variants=dials.count(1, 4), spread=0.9),
            )
            for name, words, fresh, agent, stack in _FRAMEWORKS
        ]
        self.everyday = [
            template(rng, dials.count(3, 7), fresh, variants=40, spread=0.9) for fresh in (12.0, 25.0, 60.0, 140.0)
        ]

    @staticmethod
    def _draw(dials: Dials, table: tuple[tuple[str, str, tuple[str, ...], float], ...]) -> Client:
        agent, stack, versions, _ = dials.pick(table, [row[3] for row in table])
        return Client(agent.format(v=dials.pick(versions)), fingerprint(stack))

    def sdk(self, dials: Dials) -> Client:
        """Return a common library of a common version."""
        return self._draw(dials, _SDKS)

    def browser(self, dials: Dials) -> Client:
        """Return a common browser."""
        return self._draw(dials, _BROWSERS)

    def framework(self, dials: Dials) -> Framework:
        """Return one of the popular frameworks, the first ones more often."""
        return dials.pick(self.frameworks, [1.0 / (rank + 1) for rank in range(len(self.frameworks))])

    def talk(self, dials: Dials) -> Prompt:
        """Return the everyday way of asking: a worn opening and words of one's own."""
        return dials.pick(self.everyday)

    def homemade(self, name: str, dials: Dials) -> Client:
        """Return a program only its makers use; its TLS stack is an ordinary one more often than not."""
        stack = dials.pick(("cpython-openssl3", "node20", "go-crypto-tls", "rustls", f"own-{name}"))
        return Client(f"{name}/{dials.count(0, 3)}.{dials.count(0, 20)}", fingerprint(stack))


def anti_detect(dials: Dials) -> Client:
    """Return a browser disguise: a browser's user agent over a TLS stack that no browser has."""
    agent, _, versions, _ = dials.pick(_BROWSERS)
    return Client(agent.format(v=dials.pick(versions)), fingerprint(f"utls-{int(np.sqrt(dials.count(1, 9)))}"))
