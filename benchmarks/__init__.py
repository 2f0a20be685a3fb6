"""Benchmarks: each prints Markdown tables of what was asked and what was measured."""
