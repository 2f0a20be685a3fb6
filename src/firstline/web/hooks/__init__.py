"""Webhooks of helpdesks and of other systems."""
