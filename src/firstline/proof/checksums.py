"""The check digits of payment cards, bank accounts and tax numbers. Pure arithmetic on digits."""

from __future__ import annotations

_NINE = 9
_TFN_WEIGHTS = {8: (10, 7, 8, 4, 6, 3, 5, 1), 9: (1, 4, 3, 7, 5, 8, 6, 9, 10)}
_ABN_WEIGHTS = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27,
    "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24,
    "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31,
    "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23,
    "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
"""Length of an IBAN by country, from the registry of ISO 13616."""

_CARD_PREFIXES: tuple[tuple[int, int, frozenset[int]], ...] = (
    (4, 4, frozenset({13, 16, 19})),  # Visa
    (51, 55, frozenset({16})),  # Mastercard
    (2221, 2720, frozenset({16})),
    (34, 34, frozenset({15})),  # American Express
    (37, 37, frozenset({15})),
    (300, 305, frozenset({14, 16, 17, 18, 19})),  # Diners
    (3095, 3095, frozenset({14, 16, 17, 18, 19})),
    (36, 36, frozenset({14, 16, 17, 18, 19})),
    (38, 39, frozenset({14, 16, 17, 18, 19})),
    (3528, 3589, frozenset({16, 17, 18, 19})),  # JCB
    (1800, 1800, frozenset({15})),
    (2131, 2131, frozenset({15})),
    (60, 60, frozenset({16, 17, 18, 19})),  # Discover, RuPay, Hipercard
    (62, 62, frozenset({16, 17, 18, 19})),  # UnionPay
    (64, 65, frozenset({16, 17, 18, 19})),
    (81, 82, frozenset({16, 17, 18, 19})),
    (2200, 2205, frozenset({16, 17, 18, 19})),  # Mir, Borica
    (9792, 9792, frozenset({16})),  # Troy
    (50, 50, frozenset({13, 14, 15, 16, 17, 18, 19})),  # Maestro, Dankort, Verve
    (56, 58, frozenset({13, 14, 15, 16, 17, 18, 19})),
    (63, 63, frozenset({13, 14, 15, 16, 17, 18, 19})),
    (67, 67, frozenset({13, 14, 15, 16, 17, 18, 19})),
)


def luhn(digits: str) -> bool:
    """Whether ASCII digits pass the check of ISO/IEC 7812-1."""
    total = 0
    for number, digit in enumerate(reversed(digits)):
        value = ord(digit) - 48
        total += _DOUBLED[value] if number % 2 else value
    return total % 10 == 0


def card(digits: str) -> bool:
    """Whether ASCII digits are a payment card number: issuer range, its length, Luhn."""
    return issued(digits) and luhn(digits)


def issued(digits: str) -> bool:
    """Whether ASCII digits begin as some issuer's cards of that length do."""
    return any(
        len(digits) in lengths and first <= int(digits[: len(str(first))]) <= last
        for first, last, lengths in _CARD_PREFIXES
    )


def iban(code: str) -> bool:
    """Whether an upper-case code without spaces has remainder 1 modulo 97 (ISO 7064)."""
    if len(code) != IBAN_LENGTHS.get(code[:2]):
        return False
    return int("".join(str(int(sign, 36)) for sign in code[4:] + code[:4])) % 97 == 1


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True))


def tfn(digits: str) -> bool:
    """Whether nine or eight digits are an Australian tax file number (weights, modulo 11)."""
    weights = _TFN_WEIGHTS.get(len(digits))
    if weights is None or len(set(digits)) == 1:
        return False
    return _weighted(digits, weights) % 11 == 0


def medicare(digits: str) -> bool:
    """Whether ten or eleven digits are an Australian Medicare number (ninth digit checks)."""
    if len(digits) not in {10, 11} or digits[0] not in "23456":
        return False
    return _weighted(digits[:8], (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(digits[8])


def abn(digits: str) -> bool:
    """Whether eleven digits are an Australian business number (modulo 89)."""
    if len(digits) != len(_ABN_WEIGHTS) or digits[0] == "0":
        return False
    lowered = str(int(digits[0]) - 1) + digits[1:]
    return _weighted(lowered, _ABN_WEIGHTS) % 89 == 0


def routing(digits: str) -> bool:
    """Whether nine digits are an American bank routing number (weights 3, 7, 1)."""
    if len(digits) != _NINE or digits[:2] > "80":
        return False
    return _weighted(digits, (3, 7, 1) * 3) % 10 == 0 and digits != "0" * 9


def ssn(digits: str) -> bool:
    """Whether nine digits can be an American social security number; it has no check digit."""
    if len(digits) != _NINE or digits[:3] in {"000", "666"} or digits[0] == "9":
        return False
    return digits[3:5] != "00" and digits[5:] != "0000"


def itin(digits: str) -> bool:
    """Whether nine digits can be an American taxpayer number: 9xx, then 50 to 99."""
    return len(digits) == _NINE and digits[0] == "9" and digits[3:5] >= "50"
