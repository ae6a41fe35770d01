"""The fixed lists a world chooses from: names, clients, models with prices, task mixes, BINs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FIRST_NAMES = np.array(
    [
        "Ada", "Ben", "Carla", "Dan", "Elif", "Farid", "Grace", "Hana", "Ivan", "Jun", "Kira", "Liam", "Mei",
        "Nora", "Omar", "Priya", "Quinn", "Rosa", "Sam", "Tara", "Uma", "Viktor", "Wen", "Xenia", "Yusuf",
        "Zoe", "Anil", "Bea", "Chen", "Dora", "Emre", "Femi", "Gita", "Hugo", "Ines", "Jose", "Kofi", "Lena",
        "Marc", "Nils",
    ]
)  # fmt: skip
LAST_NAMES = np.array(
    [
        "Abe", "Braun", "Costa", "Diaz", "Evans", "Fischer", "Garcia", "Hughes", "Ito", "Jensen", "Kumar",
        "Lopez", "Martin", "Novak", "Okafor", "Patel", "Quist", "Rossi", "Schmidt", "Tanaka", "Usman", "Vogel",
        "Wang", "Xu", "Young", "Zhang", "Ali", "Bauer", "Chopra", "Dubois", "Eriksen", "Ferrari", "Gupta",
        "Haas", "Iyer", "Jones", "Kim", "Lee", "Moreau", "Nguyen",
    ]
)  # fmt: skip
FREEMAIL = np.array(["gmail.com", "outlook.com", "yahoo.com", "icloud.com", "proton.me", "qq.com", "163.com"])
FREEMAIL_SHARES = (0.55, 0.17, 0.1, 0.07, 0.04, 0.04, 0.03)
KYC = np.array(["none", "pending", "verified", "failed"], dtype=object)
PLANS = np.array(["free", "build", "scale", "team"], dtype=object)

BANK_BINS = [f"4{n:05d}" for n in range(12_001, 12_061)] + [f"5{n:05d}" for n in range(31_001, 31_041)]
VIRTUAL_BINS = [f"4{n:05d}" for n in range(85_001, 85_009)]

CLIENTS: tuple[tuple[str, str, float], ...] = (  # user agent, JA4, share of ordinary streams
    ("python-sdk/1.42.0 CPython/3.12 httpx/0.28", "t13d1516h2_8daaf6152771_b0da82dd1658", 0.26),
    ("python-sdk/1.40.1 CPython/3.11 httpx/0.27", "t13d1516h2_8daaf6152771_02713d6af862", 0.11),
    ("python-requests/2.32.3", "t13d1812h1_85036bcba153_375ca2c5e164", 0.09),
    ("aiohttp/3.11 CPython/3.11", "t13d1712h1_5b57614c22b0_3d5424432f57", 0.05),
    ("node-sdk/0.61.0 node/22.11", "t13d1715h1_5b57614c22b0_7121afd63204", 0.14),
    ("node-sdk/0.58.2 node/20.18", "t13d1714h1_5b57614c22b0_eeeea6562960", 0.06),
    ("Mozilla/5.0 (Windows NT 10.0) Chrome/143", "t13d1517h2_8daaf6152771_b6f405a00624", 0.13),
    ("Mozilla/5.0 (Macintosh) Safari/19", "t13d2014h2_a09f3c656075_14788d8d241b", 0.07),
    ("java-sdk/2.3.0 okhttp/4.12", "t13d1613h2_46e7e9700bed_45f260be83e2", 0.03),
    ("go-sdk/1.9.0 Go/1.23", "t13d1311h2_f57a46bbacb6_ab7e3b40a677", 0.03),
    ("curl/8.11.0", "t13d3113h2_e8f1e7e78f70_1f22a2ca17c4", 0.03),
)  # fmt: skip
CLIENT_SHARES = tuple(share for _, _, share in CLIENTS)
COMMON_CLIENT = 0

MODELS = ("flagship-2", "balanced-2", "light-2", "embed-1", "flagship-3")
FLAGSHIP, BALANCED, LIGHT, EMBED, NEW_FLAGSHIP = range(5)
PRICES = np.array([[5, 25], [3, 15], [1, 5], [1, 0], [6, 30]])  # micro-dollars per input and output token
MODEL_MIXES = np.array(
    [
        [0.20, 0.50, 0.28, 0.02, 0], [0.60, 0.30, 0.10, 0.00, 0], [0.05, 0.25, 0.60, 0.10, 0], [0.85, 0.10, 0.05, 0, 0],
        [0.35, 0.35, 0.25, 0.05, 0],
    ]
)  # fmt: skip
ORDINARY_MODELS = 3
FLAGSHIP_MIX, DIVERSE_MIX = 3, 4

TASKS = (
    "coding", "agentic_tool_use", "reasoning", "grading", "rewriting", "translation", "vision", "general",
    "computer_use", "data_analysis",
)  # fmt: skip
TASK_MIXES: dict[str, tuple[float, ...]] = {
    "everyday": (0.10, 0.02, 0.08, 0.01, 0.22, 0.12, 0.08, 0.32, 0.00, 0.05),
    "developer": (0.55, 0.15, 0.08, 0.01, 0.03, 0.01, 0.01, 0.08, 0.02, 0.06),
    "office": (0.05, 0.03, 0.07, 0.02, 0.35, 0.15, 0.05, 0.18, 0.01, 0.09),
    "diverse": (0.20, 0.10, 0.12, 0.04, 0.12, 0.12, 0.08, 0.14, 0.02, 0.06),
    "coding": (0.78, 0.12, 0.06, 0.00, 0.00, 0.00, 0.00, 0.03, 0.00, 0.01),
    "agentic": (0.20, 0.58, 0.06, 0.00, 0.00, 0.00, 0.02, 0.03, 0.11, 0.00),
    "reasoning": (0.10, 0.02, 0.68, 0.12, 0.04, 0.00, 0.00, 0.04, 0.00, 0.00),
    "grading": (0.02, 0.00, 0.12, 0.76, 0.06, 0.00, 0.00, 0.04, 0.00, 0.00),
    "vision": (0.05, 0.05, 0.08, 0.00, 0.00, 0.02, 0.72, 0.06, 0.02, 0.00),
    "assignment": (0.55, 0.00, 0.25, 0.00, 0.10, 0.00, 0.00, 0.10, 0.00, 0.00),
    "support": (0.02, 0.04, 0.02, 0.02, 0.20, 0.25, 0.00, 0.45, 0.00, 0.00),
    "benchmark": (0.25, 0.05, 0.45, 0.15, 0.00, 0.05, 0.05, 0.00, 0.00, 0.00),
}
TASK_MIX_NAMES = tuple(TASK_MIXES)
ORDINARY_TASKS = (0, 0, 1, 1, 2)

ACCESS_PATHS = ("api", "cloud_marketplace", "chat")
FRAMEWORKS = 4  # agent frameworks with a default prompt
POPULAR_PROMPTS = 300  # of tutorials and prompt collections, used by strangers; the r-th by 1/r of them
POPULAR_CUT = np.cumsum(1 / np.arange(1, POPULAR_PROMPTS + 1)) / (1 / np.arange(1, POPULAR_PROMPTS + 1)).sum()
SHARED_TEMPLATES = 4_096  # rows of the template table kept for templates several accounts use
SHARED_PROMPTS = 4_096  # likewise for system prompts


def cumulative(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    total[:, -1] = 1.0
    return total


MODEL_CUTS = cumulative(MODEL_MIXES)
TASK_CUTS = cumulative(np.array(list(TASK_MIXES.values())))


def task_mix(name: str) -> int:
    return TASK_MIX_NAMES.index(name)
