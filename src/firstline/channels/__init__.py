"""Where tickets come from and replies go."""

from firstline.channels.base import Channel, Parcel, Presence
from firstline.channels.files import SENT, FileChannel

__all__ = ["SENT", "Channel", "FileChannel", "Parcel", "Presence"]
