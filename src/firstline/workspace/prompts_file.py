"""Reads prompts/: the Markdown files a model's instructions are made of.

A file that is not there is taken from the set that comes with Firstline, each by itself, so that
a company may write one and keep the others. What the files mean is the business of
`firstline.claude`; here they are only checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import re2

from firstline.workspace.nodes import Sheet
from firstline.workspace.problems import Problems, listed, nearest, shown, suggestion
from firstline.workspace.text_files import decode, exists, read_bytes, reason_of

FOLDER = "prompts"
GUIDES = "guides"
GENERAL = "general"
"""The guide of intents that have none of their own."""
MAXIMUM = 8_000
"""Characters of one file: more would leave no room for evidence."""
PLACEHOLDERS: Mapping[str, tuple[str, ...]] = {
    "system": (
        "company",
        "guide",
        "languages",
        "locale",
        "max_words",
        "pairs",
        "tone",
        "unsure",
    ),
    "ticket": (
        "account",
        "policy",
        "knowledge",
        "history",
        "conversation",
        "question",
        "message",
    ),
    "router": ("company", "intents"),
    "repair": ("problem",),
    "judge": ("company", "locale"),
    GUIDES: ("company", "locale", "max_words", "tone", "unsure"),
}
"""What a file may contain in braces, by the file's name; guides share one list."""
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "system": ("guide",),
    "ticket": ("knowledge", "message"),
    "router": ("intents",),
    "repair": ("problem",),
    "judge": (),
    GUIDES: (),
}
"""What a file must contain, because the prompt would lack it otherwise."""
_PLACEHOLDER = re2.compile(r"\{([A-Za-z_][A-Za-z0-9_.]*)\}")
_VERSION = re2.compile(r"^version\s*:\s*(\d{1,6})$")
_IGNORED = "README"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFile:
    """One checked prompt file."""

    name: str
    """`system`, `ticket`, `router`, `repair`, `judge` or `guides/<name>`."""
    version: int
    """As its author counts."""
    text: str
    """What stands below the front matter, without comments."""
    digest: str
    """SHA-256 of version and text, in hex."""
    own: bool = False
    """Whether the company wrote it; else it came with Firstline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFiles:
    """The prompt files of a company: its own and, for the rest, those of Firstline."""

    files: Mapping[str, PromptFile]

    def __getitem__(self, name: str) -> PromptFile:
        """Return a file by name; every name of PLACEHOLDERS and the general guide exist."""
        return self.files[name]

    @property
    def guides(self) -> tuple[str, ...]:
        """The names of the guides, sorted."""
        prefix = f"{GUIDES}/"
        return tuple(
            sorted(name.removeprefix(prefix) for name in self.files if name.startswith(prefix))
        )

    def guide_of(self, wanted: str, intent: str) -> str:
        """Return the guide an intent uses: the one it names, its own, or the general one."""
        for name in (wanted, intent):
            if name and f"{GUIDES}/{name}" in self.files:
                return name
        return GENERAL


def packaged_prompts() -> Path:
    """Return the folder of the prompts that come with Firstline, as it was installed."""
    return Path(str(files("firstline"))) / "claude" / "default_prompts"


@lru_cache(maxsize=1)
def default_prompts() -> PromptFiles:
    """Return the prompts that come with Firstline."""
    problems = Problems()
    found = dict(_folder(packaged_prompts(), problems, {}, own=False))
    problems.raise_if_any()
    return PromptFiles(files=found)


def read_prompts(folder: Path, problems: Problems, contents: dict[str, bytes]) -> PromptFiles:
    """Return a company's prompts; what is wrong with its files is noted.

    Args:
        folder: The company's folder; its `prompts` may be missing.
        problems: Where mistakes are noted.
        contents: Gets the bytes of every file that was read, by its path in the folder.
    """
    defaults = default_prompts()
    own = folder / FOLDER
    if not exists(own, problems):
        return defaults
    if not own.is_dir():
        problems.add(own, None, "This is a file, not a folder", "Replace it with a folder.")
        return defaults
    found = dict(_folder(own, problems, contents, own=True))
    return PromptFiles(files={**defaults.files, **found})


def _folder(
    folder: Path, problems: Problems, contents: dict[str, bytes], *, own: bool
) -> Iterator[tuple[str, PromptFile]]:
    for path, name, kind in _paths(folder, problems):
        data = read_bytes(path, problems)
        text = None if data is None else decode(data, path, problems)
        read = None if text is None else _read(text, name, kind, Sheet(path, problems), own=own)
        contents[f"{FOLDER}/{name}.md"] = data or b""
        # A guide that cannot be read is one mistake, not one more for each intent that names it.
        yield name, read or PromptFile(name=name, version=0, text="", digest="", own=own)


def _paths(folder: Path, problems: Problems) -> Iterator[tuple[Path, str, str]]:
    """Yield path, name and kind of each prompt file; note what is out of place."""
    known = tuple(name for name in PLACEHOLDERS if name != GUIDES)
    for path in _entries(folder, problems):
        if path.is_dir():
            if path.name == GUIDES:
                for guide in _entries(path, problems):
                    if guide.suffix == ".md" and guide.stem != _IGNORED:
                        yield guide, f"{GUIDES}/{guide.stem}", GUIDES
            else:
                problems.add(
                    path,
                    None,
                    f"There is no folder {shown(path.name)} among prompts",
                    suggestion(path.name, (GUIDES,), f"Guides belong into {FOLDER}/{GUIDES}/."),
                )
        elif path.suffix != ".md" or path.stem == _IGNORED:
            continue
        elif path.stem in known:
            yield path, path.stem, path.stem
        else:
            problems.add(
                path,
                None,
                f"There is no prompt {shown(path.stem)}",
                suggestion(
                    path.stem,
                    known,
                    f"Prompts are {listed(known)}; a guide belongs into {FOLDER}/{GUIDES}/.",
                ),
            )


def _entries(folder: Path, problems: Problems) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        problems.add(
            folder,
            None,
            f"The folder cannot be read: {reason_of(error)}",
            "Allow this user to read it.",
        )
        return []


def _read(text: str, name: str, kind: str, sheet: Sheet, *, own: bool) -> PromptFile | None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    version, start = _front_matter(lines, sheet)
    body = "\n".join("" if _is_comment(line) else line.rstrip() for line in lines[start:]).strip()
    if start < len(lines):
        _check_placeholders(lines, start, kind, sheet)
    if not version:
        return None
    if not body:
        sheet.note(None, "The prompt says nothing", "Write it, or delete the file for the default.")
    elif len(body) > MAXIMUM:
        sheet.note(
            None,
            f"The prompt has {len(body):,} characters, more than {MAXIMUM:,}",
            "Shorten it: every ticket pays for it.",
        )
    else:
        digest = sha256(f"{version}\n{body}".encode()).hexdigest()
        return PromptFile(name=name, version=version, text=body, digest=digest, own=own)
    return None


def _front_matter(lines: list[str], sheet: Sheet) -> tuple[int, int]:
    """Return the version, 0 when it is not told, and the index of the first line of text."""
    fix = "Begin the file with three lines: `---`, `version: 1`, `---`."
    if lines[0].strip() != "---":
        sheet.note(1, "The file has no front matter", fix)
        return 0, 0
    end = next((at for at, line in enumerate(lines[1:], 1) if line.strip() == "---"), None)
    if end is None:
        sheet.note(1, "The front matter does not end", fix)
        return 0, len(lines)
    version = 0
    for at, raw in enumerate(lines[1:end], start=1):
        line = raw.strip()
        told = _VERSION.match(line)
        if told and int(told.group(1)):
            version = int(told.group(1))
        elif line and not line.startswith("#"):
            sheet.note(
                at + 1,
                f"The front matter has {shown(line)}, which is no version",
                "It holds one line only, such as `version: 1`; numbers start at 1.",
            )
            return 0, end + 1
    if not version:
        sheet.note(1, "The front matter has no version", fix)
    return version, end + 1


def _check_placeholders(lines: list[str], start: int, kind: str, sheet: Sheet) -> None:
    allowed, seen = PLACEHOLDERS[kind], set[str]()
    for number, line in enumerate(lines[start:], start=start + 1):
        if _is_comment(line):
            continue
        for match in _PLACEHOLDER.finditer(line):
            name = match.group(1)
            seen.add(name)
            if name not in allowed:
                meant = nearest(name, allowed)
                every = listed(f"{{{word}}}" for word in allowed)
                sheet.note(
                    number,
                    f"There is no placeholder {shown(match.group(0))} here",
                    f"Did you mean {{{meant}}}?" if meant else f"Known ones: {every}.",
                )
    for name in REQUIRED[kind]:
        if name not in seen:
            sheet.note(
                None, f"The prompt does not contain {{{name}}}", "Put it where its text belongs."
            )


def _is_comment(line: str) -> bool:
    stripped = line.strip()
    return stripped.startswith("<!--") and stripped.endswith("-->")
