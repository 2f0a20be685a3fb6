"""Routing without a model: what a message asks for, and what in it decides who may answer."""

from firstline.routing.classifier import Classification, Classifier, fitted
from firstline.routing.requests import find_requests
from firstline.routing.signals import find_signals, urgency_of

__all__ = [
    "Classification",
    "Classifier",
    "find_requests",
    "find_signals",
    "fitted",
    "urgency_of",
]
