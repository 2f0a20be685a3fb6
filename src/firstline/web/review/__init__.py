"""The review page: what waits for people, one ticket with its proof, and what may be decided."""
