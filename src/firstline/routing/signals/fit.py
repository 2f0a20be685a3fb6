"""Writes `lesson.json`: what the second opinion learns from `sentences.toml`.

Run `python -m firstline.routing.signals.fit` after a change of the sentences or the recipe.
"""

from __future__ import annotations

from pathlib import Path

from firstline.errors import SetupError
from firstline.knowledge.encode import find_encoder
from firstline.routing.signals.lesson import dump, learn


def main() -> None:
    """Fit with the built-in encoder and write the result beside this file."""
    encoder = find_encoder()
    if encoder is None:
        raise SetupError(
            "there is no sentence encoder to learn with", fix="Install the one of the lock file"
        )
    Path(__file__).with_name("lesson.json").write_text(
        dump(learn(encoder.encode)) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
