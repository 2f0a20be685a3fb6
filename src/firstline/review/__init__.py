"""Reviews: what people see of a ticket, what they may decide, and what becomes of it."""
