"""Named points at which the crash suite ends or freezes a worker, to prove the money rules.

In production the folder is not set, and a point costs one comparison.
"""

import os
import signal
from pathlib import Path

from django.conf import settings


def reached(point: str) -> None:
    """Die here, or stop for `<point>.stop`, if the point is armed; each arming counts once."""
    if not settings.CRASH_POINTS_DIR:
        return
    for suffix, sent in (("", signal.SIGKILL), (".stop", signal.SIGSTOP)):
        armed = Path(settings.CRASH_POINTS_DIR, point + suffix)
        try:
            armed.rename(armed.with_name(armed.name + ".reached"))
        except FileNotFoundError:
            continue
        os.kill(os.getpid(), sent)
