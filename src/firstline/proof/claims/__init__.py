"""Typed claims: finding values in text, comparing them, and doing sums again."""

from firstline.proof.claims.claim import Bound, Claim, ClaimKind
from firstline.proof.claims.computing import compute
from firstline.proof.claims.facts import Facts
from firstline.proof.claims.fields import field_claims, json_fields
from firstline.proof.claims.matching import Fit, best_fit, fit, supports
from firstline.proof.claims.problem import Computation
from firstline.proof.claims.scan import MAX_CLAIMS, MAX_TEXT, TextTooLongError, find_claims

__all__ = [
    "MAX_CLAIMS",
    "MAX_TEXT",
    "Bound",
    "Claim",
    "ClaimKind",
    "Computation",
    "Facts",
    "Fit",
    "TextTooLongError",
    "best_fit",
    "compute",
    "field_claims",
    "find_claims",
    "fit",
    "json_fields",
    "supports",
]
