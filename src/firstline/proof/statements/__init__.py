"""The proof of a reply, sentence by sentence: by its words, its values and what it leaves out."""

from firstline.proof.statements.prove import prove

__all__ = ["prove"]
