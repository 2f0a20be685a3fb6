"""Knowledge: documents, what rests on them, what is missing, and a question to try."""
