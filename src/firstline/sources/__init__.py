"""Records of customers from other systems: databases, web services, files (R3.2)."""

from firstline.sources.book import SourcedCustomers
from firstline.sources.failure import SourceFailure
from firstline.sources.opening import open_customers, try_source

__all__ = ["SourceFailure", "SourcedCustomers", "open_customers", "try_source"]
