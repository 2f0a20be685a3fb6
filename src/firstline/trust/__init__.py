"""Trust: what may be sent without a person, with the arithmetic that says so. Pure."""
