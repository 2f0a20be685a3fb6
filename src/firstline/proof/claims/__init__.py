"""Typed claims: finding values in text, comparing them, and doing sums again."""
