"""Try it: a pasted message taken through the stages, without effect."""
