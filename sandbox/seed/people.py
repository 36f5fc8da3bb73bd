"""Invented people in several languages, with e-mails at example domains."""

import random
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where a group of people lives and what they are called."""

    locale: str
    country: str
    cities: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]


PLACES = (
    Place(
        "it",
        "IT",
        ("Milano", "Torino", "Bologna"),
        ("Giulia", "Matteo", "Chiara", "Luca", "Elena", "Davide"),
        ("Romano", "Greco", "Conti", "Ferrari", "De Luca", "Marino"),
    ),
    Place(
        "de",
        "DE",
        ("Berlin", "Köln", "Leipzig"),
        ("Lena", "Felix", "Jürgen", "Katrin", "Moritz", "Ulrike"),
        ("Schäfer", "Krüger", "Hoffmann", "Vogel", "Brandt", "Köhler"),
    ),
    Place(
        "fr",
        "FR",
        ("Lyon", "Nantes", "Lille"),
        ("Camille", "Hugo", "Élodie", "Mathieu", "Zoé", "Antoine"),
        ("Lefèvre", "Moreau", "Girard", "Faure", "Rousseau", "Chevalier"),
    ),
    Place(
        "es",
        "ES",
        ("Madrid", "Sevilla", "Valencia"),
        ("Lucía", "Pablo", "Marta", "Íñigo", "Carmen", "Javier"),
        ("Muñoz", "Ortega", "Núñez", "Serrano", "Vidal", "Castillo"),
    ),
    Place(
        "pt-BR",
        "BR",
        ("Recife", "Curitiba", "Belém"),
        ("Thiago", "Mariana", "João", "Beatriz", "Renato", "Letícia"),
        ("Almeida", "Gonçalves", "Barbosa", "Rocha", "Araújo", "Teixeira"),
    ),
    Place(
        "en-GB",
        "GB",
        ("Leeds", "Bristol", "Cardiff"),
        ("Harriet", "Callum", "Isla", "Rhys", "Poppy", "Alfie"),
        ("Whitfield", "Barlow", "Hughes", "Ashworth", "Pryce", "Kendall"),
    ),
    Place(
        "en",
        "US",
        ("Denver", "Austin", "Portland"),
        ("Madison", "Tyler", "Grace", "Jordan", "Hannah", "Caleb"),
        ("Sullivan", "Reyes", "Brooks", "Nguyen", "Coleman", "Hayes"),
    ),
    Place(
        "pl",
        "PL",
        ("Kraków", "Gdańsk", "Łódź"),
        ("Zofia", "Paweł", "Agnieszka", "Łukasz", "Kinga", "Wojciech"),
        ("Wiśniewska", "Zając", "Król", "Wróbel", "Mazur", "Sikora"),
    ),
    Place(
        "ja",
        "JP",
        ("大阪", "札幌", "福岡"),
        ("Haruka", "Kenji", "Yui", "Sota", "Aoi", "Ren"),
        ("Sato", "Kobayashi", "Ito", "Yamamoto", "Nakamura", "Mori"),
    ),
)
DOMAINS = ("example.com", "example.org", "example.net")
SPELLED = str.maketrans({"ł": "l", "Ł": "L", "ß": "ss", "ø": "o"})


@dataclass(frozen=True)
class Resident:
    """One invented person."""

    name: str
    email: str
    locale: str
    country: str
    city: str


def residents(rng: random.Random, count: int, *, home: str | None = None) -> list[Resident]:
    """Invent people, no two with the same e-mail; half of them live in `home` if that is given."""
    found: dict[str, Resident] = {}
    while len(found) < count:
        place = rng.choice(PLACES)
        if home and rng.random() < 0.5:  # noqa: PLR2004  half
            place = next(spot for spot in PLACES if spot.country == home)
        given, family = rng.choice(place.given), rng.choice(place.family)
        email = _email(rng, given, family)
        found.setdefault(
            email,
            Resident(
                f"{given} {family}", email, place.locale, place.country, rng.choice(place.cities)
            ),
        )
    return list(found.values())


def _email(rng: random.Random, given: str, family: str) -> str:
    plain = [
        unicodedata.normalize("NFKD", part.translate(SPELLED)).encode("ascii", "ignore").decode()
        for part in (given, family.replace(" ", ""))
    ]
    number = rng.choice(["", "", str(rng.randint(1, 99))])
    return f"{'.'.join(plain).lower()}{number}@{rng.choice(DOMAINS)}"
