"""Takes over a company's own files: articles, labelled messages, customer tables."""
