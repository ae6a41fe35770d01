"""Countries, names, mail addresses and phone numbers."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from .dials import Dials


@dataclass(frozen=True, slots=True)
class Country:
    """Where a person lives: the zone's distance to UTC, the phone prefix, how people are called and how many there are."""

    code: str
    offset: float
    phone: str
    names: str
    weight: float
    currency: str = "USD"


COUNTRIES = {
    country.code: country
    for country in (
        Country("US", -6, "+1", "en", 20),
        Country("GB", 0, "+44", "en", 6, "GBP"),
        Country("CA", -5, "+1", "en", 4),
        Country("AU", 10, "+61", "en", 2.5),
        Country("IN", 5.5, "+91", "in", 12),
        Country("DE", 1, "+49", "de", 5, "EUR"),
        Country("FR", 1, "+33", "fr", 4, "EUR"),
        Country("ES", 1, "+34", "es", 2.5, "EUR"),
        Country("MX", -6, "+52", "es", 2.5),
        Country("AR", -3, "+54", "es", 1.5),
        Country("CO", -5, "+57", "es", 1.2),
        Country("BR", -3, "+55", "pt", 5),
        Country("PT", 0, "+351", "pt", 0.8, "EUR"),
        Country("PL", 1, "+48", "pl", 2, "EUR"),
        Country("UA", 2, "+380", "sl", 1.2),
        Country("TR", 3, "+90", "tr", 2),
        Country("NG", 1, "+234", "ng", 2),
        Country("KE", 3, "+254", "ng", 1.2),
        Country("ID", 7, "+62", "id", 3),
        Country("PH", 8, "+63", "es", 2.5),
        Country("VN", 7, "+84", "vn", 2),
        Country("JP", 9, "+81", "jp", 4),
        Country("KR", 9, "+82", "kr", 3),
        Country("TW", 8, "+886", "zh", 1.2),
        Country("SG", 8, "+65", "zh", 1.5),
        Country("NL", 1, "+31", "de", 1.6, "EUR"),
        Country("IL", 2, "+972", "en", 0.9),
        Country("GE", 4, "+995", "sl", 0.3),
        Country("KZ", 5, "+7", "sl", 0.3),
        Country("AE", 4, "+971", "in", 0.8),
    )
}
UNSERVED = ("CN", "RU", "IR", "BY", "VE")
_CODES = tuple(COUNTRIES)
_WEIGHTS = [COUNTRIES[code].weight for code in _CODES]

_NAMES = {
    "en": (
        "James Olivia Emma Noah Liam Ava Ethan Chloe Jack Grace Ruth Tom",
        "Smith Jones Taylor Brown Walker Evans Clark Hill Reed Baker Moore Cole",
    ),
    "in": (
        "Aarav Priya Rohan Ananya Vikram Neha Arjun Kavya Sanjay Meera Imran Divya",
        "Sharma Patel Iyer Khan Gupta Reddy Nair Singh Das Bose Rao Joshi",
    ),
    "de": (
        "Lukas Anna Jonas Lena Felix Marie Jan Sofie Pieter Greta Max Eva",
        "Müller Schmidt Fischer Weber Koch Bauer Wolf de_Vries Jansen Braun Vogel Lang",
    ),
    "fr": (
        "Louis Camille Hugo Léa Jules Manon Arthur Inès Paul Chloé Rémi Zoé",
        "Martin Bernard Dubois Petit Durand Leroy Moreau Simon Roux Blanc Faure Girard",
    ),
    "es": (
        "Mateo Lucía Diego Sofía Javier Carmen Luis Ana Pablo Elena Jorge Inés",
        "García López Pérez Cruz Reyes Santos Ramos Díaz Torres Vega Ruiz Mora",
    ),
    "pt": (
        "João Maria Pedro Ana Lucas Beatriz Tiago Inês Rafael Júlia Bruno Clara",
        "Silva Santos Costa Pereira Souza Lima Alves Rocha Gomes Ribeiro Dias Melo",
    ),
    "pl": (
        "Jakub Zofia Piotr Anna Tomasz Maja Paweł Ewa Marek Olga Adam Iga",
        "Nowak Kowalski Wójcik Mazur Lis Zając Król Pawlak Dudek Wilk Kubiak Sikora",
    ),
    "sl": (
        "Oleksandr Daria Ivan Olena Nikolai Irina Giorgi Nino Maksim Anna Timur Aliya",
        "Shevchenko Bondar Petrov Ivanova Kim Melnyk Orlov Volkova Beridze Akhmetov Lysenko Popov",
    ),
    "tr": (
        "Mehmet Ayşe Emre Elif Can Zeynep Ali Derya Burak Selin Ozan Ece",
        "Yılmaz Kaya Demir Şahin Çelik Aydın Arslan Doğan Kılıç Aslan Koç Kurt",  # noqa: RUF001
    ),
    "ng": (
        "Chinedu Amina Tunde Ngozi Emeka Wanjiru Kofi Zainab Otieno Ada Juma Ifeoma",
        "Okafor Bello Adeyemi Mwangi Eze Ibrahim Odhiambo Nwosu Kamau Musa Obi Njoroge",
    ),
    "id": (
        "Budi Siti Agus Dewi Rizky Putri Andi Ratna Fajar Indah Bayu Maya",
        "Santoso Wijaya Pratama Lestari Hidayat Saputra Nugroho Sari Kusuma Utami Halim Surya",
    ),
    "vn": (
        "Minh Linh Tuan Huong Nam Thao Duc Lan Quang Mai Hieu Trang",
        "Nguyen Tran Le Pham Hoang Vu Dang Bui Do Ho Ngo Duong",
    ),
    "jp": (
        "Haruto Yui Sota Hina Ren Aoi Yuma Mei Kenji Sakura Daiki Rin",
        "Sato Suzuki Tanaka Ito Yamamoto Kato Mori Abe Ikeda Ono Ueda Okada",
    ),
    "kr": (
        "Minjun Seoyeon Jihoon Jiwoo Hyun Soojin Donghyun Yuna Taeyang Haeun Junho Mina",
        "Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Shin",
    ),
    "zh": ("Wei Li Jing Hao Xin Yu Chen Mei Jun Ting Bo Lan", "Wang Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Lin Ma"),
}
_MAIL = (
    ("gmail.com", 60),
    ("outlook.com", 12),
    ("icloud.com", 8),
    ("yahoo.com", 6),
    ("proton.me", 4),
    ("hotmail.com", 4),
    ("fastmail.com", 1),
    ("gmx.net", 2),
)
_SYLLABLES = (
    "nor",
    "vel",
    "ta",
    "mi",
    "ra",
    "lux",
    "gra",
    "pho",
    "den",
    "sol",
    "qua",
    "bri",
    "zen",
    "kor",
    "ari",
    "lo",
    "fen",
    "ter",
    "mon",
    "via",
)
_SUFFIXES = (
    "Labs",
    "Software",
    "Systems",
    "Digital",
    "GmbH",
    "Ltd",
    "Inc",
    "Studio",
    "Health",
    "Logistics",
    "Media",
    "Consulting",
)


def country_of(dials: Dials) -> Country:
    """Draw a country by its number of customers."""
    return COUNTRIES[dials.pick(_CODES, _WEIGHTS)]


def full_name(dials: Dials, country: Country) -> str:
    """Return a name as people of the country have; now and then a middle initial."""
    first, last = (dials.pick(part.split()).replace("_", " ") for part in _NAMES[country.names])
    return f"{first} {chr(65 + dials.count(0, 25))}. {last}" if dials.coin(0.06) else f"{first} {last}"


def ascii_of(text: str) -> str:
    """Return lower-case letters, digits and dots only."""
    dotted = text.replace("ł", "l").replace("\u0131", "i")
    plain = unicodedata.normalize("NFKD", dotted).encode("ascii", "ignore").decode().lower()
    return "".join(letter if letter.isalnum() else "." for letter in plain).strip(".").replace("..", ".")


def email(dials: Dials, name: str, domain: str | None = None) -> str:
    """Return a mail address in one of the habits people have."""
    parts = ascii_of(name).split(".")
    local = dials.pick(
        (
            ".".join(parts),
            parts[0] + parts[-1],
            parts[0][0] + parts[-1],
            f"{parts[-1]}.{parts[0]}",
            f"{parts[0]}{dials.token(3)}",
        )
    )
    if domain:
        return f"{local}{dials.count(2, 99) if dials.coin(0.2) else ''}@{domain}"
    return f"{local}{dials.count(1, 9999)}@{dials.pick([row[0] for row in _MAIL], [row[1] for row in _MAIL])}"


def phone(dials: Dials, country: Country) -> str:
    """Return a number of the country."""
    return f"{country.phone}{dials.count(200_000_000, 999_999_999)}"


def word(dials: Dials, syllables: int = 3) -> str:
    """Return an invented word."""
    return "".join(dials.pick(_SYLLABLES) for _ in range(syllables))


def company(dials: Dials) -> tuple[str, str]:
    """Return a company's name and mail domain."""
    stem = word(dials)
    return (
        f"{stem.capitalize()} {dials.pick(_SUFFIXES)}",
        f"{stem}.{dials.pick(('com', 'io', 'co', 'ai', 'net', 'org'))}",
    )
