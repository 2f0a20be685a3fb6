"""Asking Claude: the only package that knows the Anthropic SDK."""
