"""What a killed run left behind, recognised by pid file and command line, and stopped."""

import signal

from chargedesk.runtime import processes, programs, redis_server
from chargedesk.runtime.run_config import RunConfig
from chargedesk.runtime.terminal import say

PATIENCE_S = 3


def stop_leftovers(config: RunConfig) -> None:
    """Stop web, workers, beat, sandbox and Redis of a killed run.

    PostgreSQL's own start does the same for it, because it knows where the data is.
    """
    watched = (
        programs.beat(config, {}),
        programs.web(config, {}),
        programs.worker(config, {}),
        programs.background(config, {}),
        programs.sandbox(config),
    )
    left = [
        *((program.pid_path, program.mark) for program in watched),
        (redis_server.pid_path(config.data_dir), redis_server.mark(config.data_dir)),
    ]
    for pid_path, mark in left:
        pid = processes.stop_leftover(
            pid_path, mark=mark, stop_signal=signal.SIGTERM, patience_s=PATIENCE_S
        )
        if pid is not None:
            say(f"Stopped {pid_path.stem} of a killed run (process {pid})")
