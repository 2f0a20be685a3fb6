"""Proof: whether a sentence is what the evidence says. Pure."""
