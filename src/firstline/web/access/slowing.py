"""What attempts to sign in are counted by, and how each slows down. Pure."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from firstline.store.attempts import Counted
from firstline.web.access.tokens import hash_of

FREE_OF_ACCOUNT: Final = 5
FREE_OF_ADDRESS: Final = 20
"""More than of an account: an office signs in from one address."""
LONGEST_WAIT: Final = timedelta(minutes=1)
"""Some 1,440 guesses a day at one account, far from enough for a password of twelve characters."""
_IPV6_PREFIX: Final = 64
"""What one customer of a provider usually has: addresses in it count as one."""


def of_sign_in(email: str, device: str, address: str) -> tuple[Counted, ...]:
    """Return what an attempt to sign in counts for: the account first, then the address.

    Args:
        email: As it was typed.
        device: The hash of a browser that the account's owner signed in with before, or empty.
            There failures are counted apart: whoever guesses at the account elsewhere cannot keep
            its owner out.
        address: Where it comes from; empty: unknown.
    """
    account = f"device:{device}" if device else f"account:{hash_of(email.casefold())}"
    counted = [Counted(key=account, free=FREE_OF_ACCOUNT, longest=LONGEST_WAIT)]
    if address:
        where = f"address:{neighbourhood(address)}"
        counted.append(Counted(key=where, free=FREE_OF_ADDRESS, longest=LONGEST_WAIT))
    return tuple(counted)


def of_own_password(person_id: str) -> tuple[Counted, ...]:
    """Return what an attempt to change one's password counts for."""
    return (Counted(key=f"own:{person_id}", free=FREE_OF_ACCOUNT, longest=LONGEST_WAIT),)


def neighbourhood(address: str) -> str:
    """Return what an address is counted as: itself, or its /64 of version 6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return hash_of(address)
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed.packed, _IPV6_PREFIX), strict=False))
    return str(parsed)
