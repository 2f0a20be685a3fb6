"""A company's folder: loaded, checked, created, and asked about customers."""

from firstline.workspace.checks import Check, State, examine
from firstline.workspace.create import Created, Progress, create
from firstline.workspace.customer_index import Identifiers
from firstline.workspace.customers import CustomerBook, CustomerRecord, Customers, Lookup
from firstline.workspace.load import load
from firstline.workspace.models import (
    REVIEW,
    Access,
    Autonomy,
    Catalogue,
    IntentSpec,
    Level,
    Plan,
    Policies,
    Settings,
    SignalPolicy,
    Voice,
    Workspace,
)
from firstline.workspace.policies_file import DEFAULT_SIGNALS, default_policies
from firstline.workspace.record_fields import covers, flatten, slots_of
from firstline.workspace.settings_file import parse_autonomy

__all__ = [
    "DEFAULT_SIGNALS",
    "REVIEW",
    "Access",
    "Autonomy",
    "Catalogue",
    "Check",
    "Created",
    "CustomerBook",
    "CustomerRecord",
    "Customers",
    "Identifiers",
    "IntentSpec",
    "Level",
    "Lookup",
    "Plan",
    "Policies",
    "Progress",
    "Settings",
    "SignalPolicy",
    "State",
    "Voice",
    "Workspace",
    "covers",
    "create",
    "default_policies",
    "examine",
    "flatten",
    "load",
    "parse_autonomy",
    "slots_of",
]
