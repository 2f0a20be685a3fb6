"""The public page behind the links under a reply."""
