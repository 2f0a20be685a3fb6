"""Where tickets come from and replies go."""

from firstline.channels.base import Channel, NotWantedError, Parcel, Presence
from firstline.channels.files import SENT, FileChannel
from firstline.channels.stored import STORED, StoredChannel

__all__ = [
    "SENT",
    "STORED",
    "Channel",
    "FileChannel",
    "NotWantedError",
    "Parcel",
    "Presence",
    "StoredChannel",
]
