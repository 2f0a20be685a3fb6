"""The dashboard: what happens, what it costs, what waits, and what needs somebody."""
