"""What decides, apart from its intent, that a person must see a message (R2.3, R2.7)."""

from firstline.routing.signals.find import find_signals
from firstline.routing.signals.urgency import urgency_of

__all__ = ["find_signals", "urgency_of"]
