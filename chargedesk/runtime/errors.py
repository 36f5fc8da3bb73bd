"""What can go wrong while the ground is laid, each with a sentence for who started it."""


class RuntimeSetupError(Exception):
    """The start cannot go on; the message says what to do."""


class ServicesNotRunningError(RuntimeSetupError):
    """A command needs PostgreSQL and Redis, and the recorded ones do not answer."""
