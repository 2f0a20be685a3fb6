"""Measuring routing, search and answers on labelled cases."""
