"""The chat: a button on the company's own pages, a frame behind it, and streams that tell."""
