"""Does a text give orders to an assistant? A signal beside the other defences, never the only one.

Phrases find what attacks say in so many words, a small linear model what they say in others, and
both read what a text hides: encoded, spaced out, reversed, written with letters that only look
alike. The words of a text are hashed; no sentence of anybody is kept.
"""

from firstline.proof.injection.screen import LONGEST, Suspicion, screen, screen_article

__all__ = ["LONGEST", "Suspicion", "screen", "screen_article"]
