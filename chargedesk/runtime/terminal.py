"""Words for the person at the terminal."""

import sys


def say(sentence: str) -> None:
    """Print one line at once; a closed terminal is no reason to fall over."""
    try:
        sys.stdout.write(f"{sentence}\n")
        sys.stdout.flush()
    except OSError:
        return
