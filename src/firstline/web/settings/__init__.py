"""Settings: how things stand, autonomy, the kill switch, certificates and budgets."""
