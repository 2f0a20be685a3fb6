"""Finding API keys, passwords and one-time codes in text.

Keys are known by the prefix their issuer gives them. Passwords and codes look like anything, so
they are found by the words before them ("my password is ..."), in the languages customers write.
"""

from __future__ import annotations

from collections.abc import Iterator

import re2

from firstline.proof.account_numbers import Found

_URL_PASSWORD = 4
"""The group of `_TOKENS` that is a password inside an address."""
_MIN_PASSWORD = 3
_MIN_DIGITS = 4
"""A number shorter than this is a count: "my password is 8 characters long"."""

_KEYS = re2.compile(
    r"(?:^|[^A-Za-z0-9_])("
    r"sk-[A-Za-z0-9_\-]{16,}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,}"
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|gl[a-z]{2,4}-[A-Za-z0-9_\-]{16,}"
    r"|xox[abeoprs]-[A-Za-z0-9\-]{10,}|(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}|AIza[0-9A-Za-z_\-]{30,}"
    r"|ya29\.[0-9A-Za-z_\-]{20,}|SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}"
    r"|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_\-]{40,}|hf_[A-Za-z0-9]{20,}|shp(?:at|ss|ca|pa)_[a-fA-F0-9]{20,}"
    r"|dop_v1_[a-f0-9]{40,}|sq0[a-z]{3}-[A-Za-z0-9_\-]{20,}|key-[a-f0-9]{32}|lin_api_[A-Za-z0-9]{20,}"
    r"|AC[a-f0-9]{32}|SK[a-f0-9]{32}|[0-9]{8,10}:AA[A-Za-z0-9_\-]{30,}"
    r")"
)
_TOKENS = re2.compile(
    r"(?:^|[^A-Za-z0-9_\-])(eyJ[A-Za-z0-9_\-]{6,}\.[A-Za-z0-9_\-]{6,}(?:\.[A-Za-z0-9_\-]*)?)"
    r"|(?i:\bbearer\s+)([A-Za-z0-9_\-.~+/=]{16,})"
    r"|(?i:\bbasic\s+)([A-Za-z0-9+/]{16,}={0,2})"
    r"|[a-z][a-z0-9+.\-]{1,15}://[^\s:/@*]{0,64}:([^\s:/@*]{1,128})@"
)
_NAMED_KEY = re2.compile(
    r"(?i)(?:api|app|secret|access|auth|private|client|service|license|webhook|encryption)"
    r"[\s_-]?(?:access[\s_-]?)?(?:key|token|secret)[\s_-]?(?:id)?[\"']?\s*(?:is|was|=>|[:=])?\s*[\"'`]?"
    r"([A-Za-z0-9_\-./+]{12,}={0,2})"
)
_PRIVATE_KEY = re2.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PRIVATE_KEY_END = re2.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_LINES = re2.compile(r"^(?:\s*[A-Za-z0-9+/=]{16,}(?:\s|$))*")

_CALLED = (
    r"(?:(?:\b|_)(?:pass[\s-]?words?|pass[\s-]?codes?|pass[\s-]?phrases?|passwd|pwd|pw\b|pass\b|passwort"
    r"|kennwort|contraseña|contrasena|clave|mot de passe|mdp\b|senha|palavra-passe|wachtwoord|hasło"
    r"|haslo|lösenord|adgangskode|passord|salasana|heslo|parola|sifre|jelszó|mật khẩu|kata sandi)"
    r"|şifre|пароль|κωδικός|密码|密碼|パスワード|비밀번호|पासवर्ड)"
)
_IS = (
    r"(?:\s{1,3}(is|was|ist|lautet|war|es|era|est|était|é|è|jest|to|är|er|oli|je|van|now|set to"
    r"|changed to)\s{1,3}|\s{0,3}(=>|->|=|:|は|是|为|為|는|은)\s{0,3})"
)
_OF = r"(?:\s+(?:for|to|of|on|für|para|pour|per|voor)\s+(?:my\s+)?[^\s:=]{1,40}(?:\s+account)?)?"
_PASSWORD_IS = re2.compile(
    rf"(?i){_CALLED}{_OF}{_IS}(?:[:=]\s{{0,3}})?"
    r"(?:[\"'“”‘’«»`]([^\"'“”‘’«»`\n]{3,64})[\"'“”‘’«»`]|([^\s\"“”«»`<>]{3,64}))"
)
_PASSWORD_BESIDE = re2.compile(
    rf"(?i){_CALLED}\s{{1,3}}(?:[\"'“‘«`]([^\s\"'“”‘’«»`]{{4,64}})[\"'”’»`]|([^\s\"'“”‘’«»`<>]{{5,64}}))"
)
_CODE = re2.compile(
    r"(?i)(?:"
    r"(?:verification|verify|security|one[\s-]?time|2fa|mfa|two[\s-]factor|log[\s-]?in|sign[\s-]?in"
    r"|sms|authenticat\w{1,5}|auth|activation|recovery)[\s-](?:pass)?(?:code|pin|password)s?"
    r"|\botp\b(?:\s+code)?|\bm?tan\b|\bcvv2?\b|\bcvc2?\b|\bcvn\b|\bcsc\b"
    r"|bestätigungscode|sicherheitscode|prüfziffer"
    r"|código de (?:verificación|seguridad|verificação|segurança)|code de (?:vérification|sécurité)"
    r"|codice di (?:verifica|sicurezza)|verificatiecode|beveiligingscode"
    r"|код подтверждения|验证码|驗證碼|認証コード|確認コード|인증번호"
    r")[^\d\n*]{0,24}(\d{3}[ -]\d{3}|\d{3,8})(?:\D|$)"
)
_PIN = re2.compile(
    r"(?i)\bpin(?:\s?(?:code|number|no\.?|nummer))?\s{0,2}"
    r"(?:is|was|ist|lautet|es|est|é|è|:|=|->)?\s{0,2}(\d{4}|\d{6})(?:[^\d\p{L}]|$)"
)
_CODE_BEFORE = re2.compile(
    r"(?i)(?:^|[^\d\p{L}\-.,#$])(\d{3}[ -]\d{3}|\d{4,8})\s+(?:is|was)\s+(?:your|my|the|his|her)\s+"
    r"(?:new\s+)?(?:\w+[ -]){0,3}(?:code|otp|pin|passcode)\b"
)
_COUNTED = re2.compile(
    r"(?i)^[\s-]?(?:second|sec|minute|min|hour|day|week|month|year|digit|character|letter|number|time"
    r"|attempt|tries|failed|wrong|people|member|user|%|per\s?cent)"
)
"""Behind a number that counts something: a code is valid for 600 seconds, or has 6 digits."""
_NOT_SECRETS = frozenset(
    """
    true false none null nil all any yes wrong incorrect invalid expired correct right fine okay
    good bad same old new unknown missing required needed necessary blocked locked disabled stolen
    leaked lost gone safe secure unsafe insecure weak strong compromised exposed hacked reset
    changed updated forgotten rejected accepted refused denied temporary empty blank working
    broken failing useless ready protected hidden visible encrypted case-sensitive different
    identical unique simple complex easy difficult hard long short too very not never always still
    being been also just only really already again here there that this what where when how why
    who mine yours please help thanks thank you the and but because please. your account now later
    soon today set reset? change request recovery page link email e-mail mail issue issues problem
    problems policy manager field box screen prompt hint question login error errors isn't doesn't
    won't can't cannot don't falsch richtig abgelaufen vergessen gesperrt ungültig korrekt
    unbekannt weg nicht neu alt sicher incorrecta incorrecto válida inválida correcta olvidada
    caducada bloqueada nueva segura incorrect. oublié perdu erroné invalide expiré bloqué nouveau
    correct. faux errada incorreta correta expirada esquecida inválido sbagliata errata scaduta
    corretta bloccata verkeerd onjuist verlopen vergeten geblokkeerd juist
    """.split()
)
_WEAK_LINKS = frozenset({"to", "van", "now", "je", "war"})
"""After these a plain word is no password: "my password to work"."""
_CLAUSE_END = re2.compile(
    r"(?i)^[!?.]*(?:$|[.,;)]|\s*\n|\s+(?:and|but|und|y|et|e|en|user|login)\b)"
)
_ENDINGS = ("ed", "ing", "able", "ible", "ción", "iert")


def find_secrets(text: str) -> Iterator[Found]:
    """Find keys, tokens, passwords and one-time codes; may overlap. Linear time."""
    yield from _private_keys(text)
    for match in _KEYS.finditer(text):
        yield Found("api_key", match.start(1), match.end(1), 4)
    for match in _TOKENS.finditer(text):
        group = next(number for number in (1, 2, 3, 4) if match.group(number) is not None)
        if group == _URL_PASSWORD:
            yield Found("password", match.start(group), match.end(group), 0)
        elif _mixed(match.group(group)):
            yield Found("api_key", match.start(group), match.end(group), 0)
    for match in _NAMED_KEY.finditer(text):
        if _mixed(match.group(1)):
            yield Found("api_key", match.start(1), match.end(1), 4)
    yield from _passwords(text)
    for pattern in (_CODE, _PIN, _CODE_BEFORE):
        for match in pattern.finditer(text):
            if not _COUNTED.match(text[match.end(1) : match.end(1) + 12]):
                yield Found("one_time_code", match.start(1), match.end(1), 0)


def _private_keys(text: str) -> Iterator[Found]:
    """Find key blocks; of one that is cut off, the lines that look like a key."""
    ends = [match.end() for match in _PRIVATE_KEY_END.finditer(text)]
    for match in _PRIVATE_KEY.finditer(text):
        while ends and ends[0] < match.end():
            ends.pop(0)
        if ends:
            yield Found("api_key", match.start(), ends[0], 0)
        else:
            lines = _KEY_LINES.match(text[match.end() :])
            yield Found("api_key", match.start(), match.end() + (lines.end() if lines else 0), 0)


def _mixed(value: str) -> bool:
    """Whether a value has both letters and digits, as generated ones do."""
    return any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value)


def _passwords(text: str) -> Iterator[Found]:
    for match in _PASSWORD_IS.finditer(text):
        link, quoted = match.group(1), match.group(3)
        weak = link is not None and link.lower() in _WEAK_LINKS
        if quoted is not None:
            if not quoted.startswith("****") and (not weak or _generated(quoted)):
                yield Found("password", match.start(3), match.end(3), 0)
            continue
        found = _value(text, match.start(4), match.end(4), weak=weak)
        if found:
            yield found
    for match in _PASSWORD_BESIDE.finditer(text):
        group = 1 if match.group(1) is not None else 2
        value = match.group(group).rstrip(".,;:!?)")
        if _generated(value) and "****" not in value:
            start = match.start(group)
            yield Found("password", start, start + len(value), 0)


def _value(text: str, start: int, end: int, *, weak: bool) -> Found | None:
    """Return the password at `start`, unless the words there only talk about one.

    A plain word is a password when the sentence ends with it: "my password is swordfish".
    """
    value = text[start:end].rstrip(".,;:)")
    word = value.rstrip("!?").lower()
    if "****" in value or len(value) < _MIN_PASSWORD or word in _NOT_SECRETS:
        return None
    if _generated(value) or (value.isdecimal() and len(value) >= _MIN_DIGITS):
        return Found("password", start, start + len(value), 0)
    plain = word.replace("-", "").replace("'", "")
    after = text[start + len(value) : start + len(value) + 12]
    if weak or not plain.isalpha() or word.endswith(_ENDINGS) or not _CLAUSE_END.match(after):
        return None
    return Found("password", start, start + len(value), 0)


def _generated(value: str) -> bool:
    """Whether a value mixes digits, signs or inner capitals into letters."""
    letters = sum(sign.isalpha() for sign in value)
    digits = sum(sign.isdigit() for sign in value)
    signs = sum(not sign.isalnum() and sign not in "-'’.,/?!()" for sign in value)
    inner = any(sign.isupper() for sign in value[1:]) and any(sign.islower() for sign in value)
    return letters > 0 and (digits > 0 or signs > 0 or inner) and value.lower() not in _NOT_SECRETS
