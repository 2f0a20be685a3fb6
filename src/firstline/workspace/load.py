"""Loads a company's folder, or says everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from firstline.errors import InputError
from firstline.workspace.customer_index import build_index
from firstline.workspace.intents_file import IntentsReader
from firstline.workspace.models import (
    REVIEW,
    Catalogue,
    IntentSpec,
    Settings,
    SourceSetting,
    Voice,
    Workspace,
)
from firstline.workspace.nodes import Node, Sheet
from firstline.workspace.policies_file import default_policies, read_catalogue, read_policies
from firstline.workspace.policy_names import check_names
from firstline.workspace.problems import Problems, shown
from firstline.workspace.prompts_file import PromptFiles, read_prompts
from firstline.workspace.record_fields import FieldPaths
from firstline.workspace.settings_file import read_settings
from firstline.workspace.text_files import decode, exists, read_bytes, reason_of
from firstline.workspace.toml_nodes import toml_tree
from firstline.workspace.voice_file import read_voice
from firstline.workspace.yaml_nodes import yaml_tree

SETTINGS = "firstline.toml"
INTENTS = "intents.yaml"
POLICIES = "policies.yaml"
CATALOGUE = "catalogue.yaml"
VOICE = "voice.md"
CUSTOMERS_CHECKED_BYTES = 2_000_000
"""A customers file up to this size is checked whole when the workspace is loaded."""
Part = TypeVar("Part")
_INIT = "Run `firstline init` to make a folder to start from"


def load(folder: Path) -> Workspace:
    """Return the company that a folder describes.

    Raises:
        WorkspaceErrors: anything is wrong; all of it, sorted by file and line.
    """
    loading = _Loading(folder=folder)
    loading.require_workspace()
    settings = loading.settings()
    fields = loading.customer_fields(settings)
    prompts = loading.prompts()
    intents = loading.intents(settings, fields, prompts)
    policies = loading.yaml(POLICIES, read_policies) or default_policies()
    catalogue = loading.yaml(CATALOGUE, read_catalogue) or Catalogue()
    check_names(
        policies,
        loading.sheet(POLICIES),
        intents=intents,
        catalogue=catalogue,
        fields=fields,
    )
    voice = loading.voice()
    if settings is not None:
        loading.check_knowledge(settings)
        loading.check_encoder(settings)
        loading.check_sources(settings)
    loading.problems.raise_if_any()
    if settings is None:
        raise AssertionError("settings are missing, but nothing was noted")
    return Workspace(
        folder=folder,
        settings=settings,
        intents=intents,
        policies=policies,
        catalogue=catalogue,
        voice=voice,
        version=loading.version(),
        prompts=prompts,
    )


@dataclass(slots=True, kw_only=True)
class _Loading:
    """One reading of a folder: what was found in it, and what is wrong with it."""

    folder: Path
    problems: Problems = field(default_factory=Problems)
    contents: dict[str, bytes] = field(default_factory=dict)
    """The configuration files that were read, for the version."""
    lines: dict[str, int] = field(default_factory=dict)
    """Lines of firstline.toml that later checks point to."""

    def require_workspace(self) -> None:
        """Raise at once when the folder is no workspace at all."""
        present = exists(self.folder, self.problems)
        self.problems.raise_if_any()
        if not present:
            self.problems.add(self.folder, None, "There is no such folder", f"{_INIT} there.")
        elif not self.folder.is_dir():
            self.problems.add(
                self.folder, None, "This is a file, not a folder", "Name the company's folder."
            )
        elif not any(exists(self.folder / name, self.problems) for name in (SETTINGS, INTENTS)):
            self.problems.add(
                self.folder,
                None,
                f"This is not a company's folder: it has neither {SETTINGS} nor {INTENTS}",
                f"{_INIT}, or name the right one.",
            )
        self.problems.raise_if_any()

    def settings(self) -> Settings | None:
        """Read firstline.toml."""
        text = self._text(SETTINGS, required=f"{_INIT} and copy {SETTINGS} from it.")
        sheet = self.sheet(SETTINGS)
        root = None if text is None else toml_tree(text, sheet)
        if root is None:
            return None
        self._remember_lines(root)
        return read_settings(root, sheet)

    def prompts(self) -> PromptFiles:
        """Read the folder of prompts, if there is one."""
        return read_prompts(self.folder, self.problems, self.contents)

    def intents(
        self, settings: Settings | None, fields: FieldPaths | None, prompts: PromptFiles
    ) -> tuple[IntentSpec, ...]:
        """Read intents.yaml and the example files it names."""
        text = self._text(INTENTS, required=f"{_INIT} and copy {INTENTS} from it.")
        sheet = self.sheet(INTENTS)
        root = None if text is None else yaml_tree(text, sheet)
        if root is None:
            return ()
        reader = IntentsReader(
            folder=self.folder,
            problems=self.problems,
            autonomy=settings.autonomy if settings else REVIEW,
            # Settings that cannot be read are one mistake, not one more for each intent.
            has_customers=settings is None or settings.has_customers,
            fields=fields,
            prompts=prompts,
        )
        specs, files = reader.read(root, sheet)
        self.contents.update(files)
        return specs

    def yaml(self, name: str, read: Callable[[Node, Sheet], Part]) -> Part | None:
        """Read an optional YAML file."""
        text = self._text(name)
        sheet = self.sheet(name)
        root = None if text is None else yaml_tree(text, sheet)
        return None if root is None else read(root, sheet)

    def voice(self) -> Voice:
        """Read voice.md, if there is one."""
        text = self._text(VOICE)
        return Voice() if text is None else read_voice(text, self.sheet(VOICE))

    def customer_fields(self, settings: Settings | None) -> FieldPaths | None:
        """Check the customers file and return the fields it has; None when unknown."""
        if settings is None or settings.customers is None:
            return None
        path = self.folder / settings.customers
        if not self._is_there(path, "customers.file", settings.customers):
            return None
        try:
            if path.stat().st_size > CUSTOMERS_CHECKED_BYTES:
                return None
            fields = FieldPaths()
            index = build_index(path, settings.customer_key, each=fields.add)
        except InputError as error:
            self.problems.add(path, error.place.line, error.problem, error.fix)
            return None
        for earlier, later in index.duplicates:
            self.problems.add(
                path,
                later,
                f"The record has the same `{settings.customer_key}` as the one at line {earlier}",
                "Keep one of the two: which customer is meant cannot be told.",
            )
        if not index.keys:
            self.problems.add(
                path,
                None,
                "There are no customer records",
                "It may be half-written; or remove [customers] from firstline.toml.",
            )
            return None
        for source in settings.sources:
            self._open_source(source, fields)
        return fields

    def _open_source(self, source: SourceSetting, fields: FieldPaths) -> None:
        """Let fields stand below a source; its name may not be that of a field of the file."""
        if fields.allows_need(source.name):
            self.problems.add(
                self.folder / SETTINGS,
                source.line,
                f"The source {shown(source.name)} is called like a field of the customers file",
                "Give it another name.",
            )
        fields.open(source.name)

    def check_sources(self, settings: Settings) -> None:
        """Note files of [[sources]] that are not there."""
        for source in settings.sources:
            if source.file is not None:
                self.lines["sources.file"] = source.line
                self._is_there(self.folder / source.file, "sources.file", source.file)

    def check_knowledge(self, settings: Settings) -> None:
        """Note a knowledge folder or file that is missing, unreadable or of the wrong kind."""
        path = self.folder / settings.knowledge
        if not self._is_there(path, "knowledge.path", settings.knowledge):
            return
        try:
            if path.is_dir():
                next(path.iterdir(), None)
                return
        except OSError as error:
            self.problems.add(
                path,
                None,
                f"The folder cannot be read: {reason_of(error)}",
                "Allow this user to read it.",
            )
            return
        if path.suffix.casefold() != ".jsonl":
            self.problems.add(
                self.folder / SETTINGS,
                self.lines.get("knowledge.path"),
                f"The knowledge {shown(str(settings.knowledge))} is neither a folder nor a .jsonl",
                "Name a folder of articles (.md, .html, .txt, .pdf) or a .jsonl file.",
            )

    def check_encoder(self, settings: Settings) -> None:
        """Note an encoder that is not there."""
        if settings.encoder is not None:
            self._is_there(self.folder / settings.encoder, "models.encoder", settings.encoder)

    def version(self) -> str:
        """Return the hash of all configuration files."""
        digest = sha256()
        for name, data in sorted(self.contents.items()):
            digest.update(f"{len(name)}:{name}{len(data)}:".encode())
            digest.update(data)
        return digest.hexdigest()

    def _text(self, name: str, *, required: str = "") -> str | None:
        path = self.folder / name
        noted = len(self.problems)
        if not exists(path, self.problems):
            if required and len(self.problems) == noted:
                self.problems.add(path, None, "The file is missing", required)
            return None
        data = read_bytes(path, self.problems)
        if data is None:
            return None
        self.contents[name] = data
        return decode(data, path, self.problems)

    def sheet(self, name: str) -> Sheet:
        """Return a file of the folder, and where its mistakes are noted."""
        return Sheet(self.folder / name, self.problems)

    def _is_there(self, path: Path, key: str, written: Path) -> bool:
        noted = len(self.problems)
        if exists(path, self.problems):
            return True
        if len(self.problems) == noted:
            self.problems.add(
                self.folder / SETTINGS,
                self.lines.get(key),
                f"There is nothing at {shown(str(written))}",
                f"Create {written} in the company's folder, or correct the path.",
            )
        return False

    def _remember_lines(self, root: Node) -> None:
        for table, node in root.table.items():
            self.lines.update({f"{table}.{key}": value.line for key, value in node.table.items()})
