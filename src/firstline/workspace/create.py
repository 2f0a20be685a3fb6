"""Makes a company's folder: from the starter, or from the company's own files."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from firstline.errors import FirstlineError, InputError, Place, SetupError, WorkspaceErrors
from firstline.workspace.adopt.customers import take_customers
from firstline.workspace.adopt.intents import take_intents
from firstline.workspace.adopt.knowledge import take_knowledge
from firstline.workspace.load import CATALOGUE, INTENTS, POLICIES, SETTINGS, VOICE, load
from firstline.workspace.problems import listed, shown
from firstline.workspace.prompts_file import FOLDER, packaged_prompts
from firstline.workspace.text_files import reason_of

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (0: unknown)."""
STARTER_COMPANY = "Example Company"
_MAXIMUM_NAME = 100
_NO_CATALOGUE = """\
# What you sell. A reply may name a plan, price, limit or feature only as it stands here or in
# an article.
#
# plans:
#   - name: Starter
#     price: $10 per month
#     limits:
#       projects: "3"
#     features: [Dashboard, Export]
plans: []
features: []
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A company's folder that now exists."""

    folder: Path
    notes: tuple[str, ...]
    """What was taken over and what was guessed, for a person to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The company's own files, where it has them."""

    knowledge: Path | None = None
    intents: Path | None = None
    customers: Path | None = None

    @property
    def any(self) -> bool:
        """Whether there is at least one."""
        return any(path is not None for path in (self.knowledge, self.intents, self.customers))


def create(
    folder: Path,
    *,
    company: str | None = None,
    knowledge: Path | None = None,
    intents: Path | None = None,
    customers: Path | None = None,
    progress: Progress | None = None,
) -> Created:
    """Make a company's folder that loads and answers at once.

    What is not given comes from the starter. The folder appears whole or not at all.

    Args:
        folder: Where to make it; it must not exist, or be empty.
        company: The company's name; guessed from the folder's name otherwise.
        knowledge: A folder of articles or a .jsonl file of them.
        intents: Labelled messages, as JSON, JSONL or CSV.
        customers: Customer data: a list, a database dump, or a folder of tables.
        progress: Called while files are copied and read.

    Raises:
        InputError: the folder is taken, or a source cannot be used; names file and line.
        SetupError: the folder cannot be written.
    """
    report = progress or _silent
    name, name_notes = _company(folder, company)
    sources = Sources(knowledge=knowledge, intents=intents, customers=customers)
    _refuse_taken(folder)
    _refuse_inside(folder, sources)
    with _built_beside(folder) as building:
        notes = [*name_notes, *_build(building, name, sources, report)]
        report("Checking", 0, 0)
        _check(building)
    return Created(folder=folder, notes=tuple(notes))


def _build(folder: Path, company: str, sources: Sources, progress: Progress) -> list[str]:
    notes: list[str] = []
    with as_file(starter()) as template:
        for name in (POLICIES, VOICE):
            shutil.copyfile(template / name, folder / name)
        # Written out, so that a company can read, change and version what its models are told.
        shutil.copytree(packaged_prompts(), folder / FOLDER)
        settings = (template / SETTINGS).read_text(encoding="utf-8")
        settings = _with(settings, f'name = "{STARTER_COMPANY}"', f"name = {_toml(company)}")
        settings = _add_knowledge(folder, template, sources, settings, notes, progress)
        _add_intents(folder, template, sources, notes, progress)
        settings = _add_customers(folder, template, sources, settings, notes, progress)
        if sources.any:
            (folder / CATALOGUE).write_text(_NO_CATALOGUE, encoding="utf-8")
        else:
            shutil.copyfile(template / CATALOGUE, folder / CATALOGUE)
            notes.append(
                "Everything is the starter's example: edit knowledge/, intents.yaml and "
                "catalogue.yaml before anything is sent"
            )
    (folder / SETTINGS).write_text(settings, encoding="utf-8")
    (folder / ".gitignore").write_text(".firstline/\n", encoding="utf-8")
    return notes


def _add_knowledge(
    folder: Path,
    template: Path,
    sources: Sources,
    settings: str,
    notes: list[str],
    progress: Progress,
) -> str:
    if sources.knowledge is None:
        shutil.copytree(template / "knowledge", folder / "knowledge")
        if sources.any:
            notes.append("Knowledge: the starter's placeholder articles; replace them")
        return settings
    progress("Copying articles", 0, 0)
    taken = take_knowledge(sources.knowledge, folder, progress)
    notes += taken.notes
    return _with(settings, 'path = "knowledge"', f"path = {_toml(taken.path)}")


def _add_intents(
    folder: Path, template: Path, sources: Sources, notes: list[str], progress: Progress
) -> None:
    if sources.intents is not None:
        progress("Reading labelled messages", 0, 0)
        notes += take_intents(sources.intents, folder).notes
        return
    text = (template / INTENTS).read_text(encoding="utf-8")
    if sources.knowledge is not None:
        # The starter's intents name the starter's articles, which are not there.
        lines = text.splitlines(keepends=True)
        text = "".join(line for line in lines if not line.startswith("    articles:"))
    (folder / INTENTS).write_text(text, encoding="utf-8")
    shutil.copytree(template / "evals", folder / "evals")
    if sources.any:
        notes.append("Intents: the starter's twelve; give labelled messages to use your own")


def _add_customers(
    folder: Path,
    template: Path,
    sources: Sources,
    settings: str,
    notes: list[str],
    progress: Progress,
) -> str:
    if sources.customers is not None:
        progress("Reading customers", 0, 0)
        notes += take_customers(sources.customers, folder / "customers.json").notes
        return settings
    if not sources.any:
        shutil.copyfile(template / "customers.json", folder / "customers.json")
        return settings
    start = settings.index("[customers]")
    end = settings.index("[routing]")
    commented = "".join(
        f"# {line}" if line.strip() else line
        for line in settings[start:end].splitlines(keepends=True)
    )
    return settings[:start] + commented + settings[end:]


def starter() -> Path:
    """Return the folder of the starter, as it was installed."""
    return Path(str(files("firstline.workspace"))) / "template"


def _company(folder: Path, company: str | None) -> tuple[str, list[str]]:
    if company is not None:
        name = " ".join(company.split())
        if not name or len(name) > _MAXIMUM_NAME or not name.isprintable():
            raise InputError(
                f"The company's name {shown(company)} cannot be used",
                fix=f"Give a name of 1 to {_MAXIMUM_NAME} printable characters.",
            )
        return name, []
    plain = folder.absolute().name.replace("-", " ").replace("_", " ").strip()
    guessed = plain.title()[:_MAXIMUM_NAME] if plain.isprintable() and plain else ""
    name = guessed or STARTER_COMPANY
    return name, [f"The company is called {name}: correct it in {SETTINGS}"]


def _refuse_taken(folder: Path) -> None:
    place = Place(file=str(folder))
    try:
        if not folder.exists() and not folder.is_symlink():
            return
        if not folder.is_dir():
            raise InputError("There is a file in its place", place=place, fix="Choose another.")
        held = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise _unwritable(folder, error) from error
    if SETTINGS in held or INTENTS in held:
        raise InputError(
            f"There is a company's folder already: {listed(held)}",
            place=place,
            fix="Choose another folder; an existing one is never written over.",
        )
    if held:
        raise InputError(
            f"The folder is not empty: {listed(held)}",
            place=place,
            fix="Choose a new or empty folder.",
        )


def _refuse_inside(folder: Path, sources: Sources) -> None:
    target = folder.resolve()
    for source in (sources.knowledge, sources.customers):
        if source is not None and source.is_dir() and target.is_relative_to(source.resolve()):
            raise InputError(
                f"The new folder lies inside {source}, which is to be copied into it",
                place=Place(file=str(folder)),
                fix="Choose a folder elsewhere.",
            )


@contextmanager
def _built_beside(folder: Path) -> Iterator[Path]:
    """Give a folder to build in, and move it into place when all went well."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield building
        _allow_as_usual(building)
        if folder.is_dir():
            folder.rmdir()
        building.rename(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _allow_as_usual(folder: Path) -> None:
    """Give a temporary folder, which only its owner may open, the rights of a new one."""
    mask = os.umask(0)
    os.umask(mask)
    folder.chmod(0o777 & ~mask)


def _check(folder: Path) -> None:
    try:
        load(folder)
    except WorkspaceErrors as error:
        first = error.errors[0]
        where = Path(first.place.file or "").name
        raise InputError(
            f"What was built does not load: {where}:{first.place.line or ''} {first.problem}",
            fix=first.fix,
        ) from error


def _unwritable(folder: Path, error: OSError) -> FirstlineError:
    return SetupError(
        f"The folder cannot be made: {reason_of(error)}",
        place=Place(file=str(folder)),
        fix="Choose a place where this user may write and the disk has room.",
    )


def _with(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise AssertionError(f"the starter's {SETTINGS} must hold {old!r} once")
    return text.replace(old, new)


def _toml(text: str) -> str:
    # A JSON string is a TOML basic string, as long as nothing in it is unprintable.
    return json.dumps(text, ensure_ascii=False)


def _silent(_doing: str, _done: int, _total: int) -> None:
    """Report nothing."""
