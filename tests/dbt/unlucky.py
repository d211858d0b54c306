"""dbt that meets with misfortune before it sends a statement: `python -m tests.dbt.unlucky MISFORTUNE PATTERN ARGS…`.

`killed` is kill -9; `full` is a disk that takes nothing more.
"""

import os
import re
import resource
import signal
import sys

from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventMsg


def main(misfortune: str, pattern: str, *args: str) -> int:
    def listen(event: EventMsg) -> None:
        if event.info.name != "SQLQuery" or not re.search(pattern, event.info.msg, re.DOTALL):
            return
        if misfortune == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        # No file may have a second byte. The signal that goes with it is ignored by Python.
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))

    return 0 if dbtRunner(callbacks=[listen]).invoke(list(args)).success else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
