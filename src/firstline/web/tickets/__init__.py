"""Tickets: all of them in a list, and for each a page that explains what every stage did."""
