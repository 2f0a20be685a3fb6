"""How a reply reads: its manner, whether it says anything, and whether it is whole.

Everything here is pure and reads a reply once. A phrase table (`phrases.py`) holds what is looked
for; `reading.py` makes the reply readable for it; the checks of `proof/checks` say what follows.
"""
