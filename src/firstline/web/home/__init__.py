"""The way in, and the stream of changes that every page listens to."""
