"""The composition root of the watch."""

from schemas.groups import GROUPS
from services.watch.handler import Watch
from services.watch.settings import WatchSettings
from streaming.process import Service


def build(settings: WatchSettings) -> Service:
    """A watch over all consumer groups of Weir."""
    return Service("watch", [Watch(GROUPS, settings.watch_every_s)])
