"""Who may do what: people, sessions, roles, keys for programs, and the record of who saw what."""
