"""A message in one spelling, with its subject and its paragraphs kept apart."""

from __future__ import annotations

from firstline.proof.folding import fold_letters


def fold(text: str) -> str:
    """Return `text` folded; the length is the same.

    The first line end (the one after the subject) and empty lines become full stops, so that no
    pattern reaches across them; other line ends are spaces, because mail wraps lines.
    """
    subject, line_end, message = text.partition("\n")
    marked = f"{subject}.{message}" if line_end else subject
    return fold_letters(marked.replace("\n\n", ". "))
