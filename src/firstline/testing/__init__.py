"""Doubles that speak the true wire format, for tests, benchmarks and trials without a key."""
