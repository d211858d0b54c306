"""The double over HTTP: moto's server, in which Athena's statements are the double's own.

python -m tests.doubles.athena.server [port]
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from moto.athena import urls
from moto.athena.responses import AthenaResponse
from moto.server import ThreadedMotoServer

from tests.doubles.dynamodb import one_call_at_a_time
from tests.doubles.quick_moto import list_modules_once

from .engine import Engine
from .statements import LONGEST_PAGE, Statement, Statements, described, page

LONGEST_STATEMENT = 262_144
LATER_ANSWER_SECONDS = 0.2
"""How long a second answer about a statement that has not ended takes: asking again at once costs more than waiting."""
REGION = "us-east-1"
Answer = str | tuple[str, dict[str, int]]


class ExecutingAthena(AthenaResponse):
    """Athena's operations; those on work groups, named queries and data catalogs are moto's."""

    statements: Statements

    def get_work_group(self) -> Answer:
        """Refuse what is not there, which moto answers with nothing."""
        name = self._get_param("WorkGroup")
        if not self.athena_backend.get_work_group(name):
            return self.error(f"WorkGroup {name} is not found.", 400)
        return super().get_work_group()

    def start_query_execution(self) -> Answer:
        """Take a statement."""
        name = self._get_param("WorkGroup") or "primary"
        group = self.athena_backend.get_work_group(name)
        if not group:
            return self.error("WorkGroup is not found.", 400)
        settings: dict[str, Any] = group.get("Configuration") or {}
        own = (self._get_param("ResultConfiguration") or {}).get("OutputLocation")
        of_group = (settings.get("ResultConfiguration") or {}).get("OutputLocation")
        enforced = bool(settings.get("EnforceWorkGroupConfiguration"))
        output = (of_group if enforced else None) or own or of_group
        if not output:
            return self.error(
                "No output location provided. An output location is required either through the Workgroup result "
                "configuration setting or as an API input.",
                400,
            )
        sql = self._get_param("QueryString")
        if len(sql.encode()) > LONGEST_STATEMENT:
            return self.error(
                "1 validation error detected: Value at 'queryString' failed to satisfy constraint: "
                f"Member must have length less than or equal to {LONGEST_STATEMENT}",
                400,
            )
        for value in self._get_param("ExecutionParameters") or []:
            sql = sql.replace("?", value, 1)
        cutoff = settings.get("BytesScannedCutoffPerQuery")
        session = self.statements.engine.session(output, enforced and bool(of_group), cutoff)
        context = self._get_param("QueryExecutionContext") or {}
        statement = Statement(sql, context, name, output, session)
        return json.dumps({"QueryExecutionId": self.statements.start(statement)})

    def get_query_execution(self) -> Answer:
        """Tell the state of a statement: at once, and when asked again as soon as it has ended, or in a while."""
        statement = self._statement()
        if statement is None:
            return self._missing()
        if statement.asked_about:
            statement.over.wait(LATER_ANSWER_SECONDS)
        statement.asked_about = True
        return self._unsupported(statement) or json.dumps(described(statement))

    def get_query_results(self) -> Answer:
        """Answer a page of rows."""
        statement = self._statement()
        if statement is None:
            return self._missing()
        size = int(self._get_param("MaxResults") or LONGEST_PAGE)
        if size > LONGEST_PAGE:
            return self.error(f"MaxResults is more than maximum allowed length {LONGEST_PAGE}.", 400)
        if statement.state != "SUCCEEDED":
            refusal = f"Query has not yet finished. Current state: {statement.state}"
            return self._unsupported(statement) or self.error(refusal, 400)
        return json.dumps(page(statement, int(self._get_param("NextToken") or 0), size))

    def stop_query_execution(self) -> Answer:
        """Cancel a statement."""
        statement = self._statement()
        if statement is None:
            return self._missing()
        self.statements.stop(statement)
        return "{}"

    def list_query_executions(self) -> Answer:
        """The ids of the statements of a work group, the newest first."""
        name = self._get_param("WorkGroup") or "primary"
        ids = [s.id for s in self.statements.all.values() if s.work_group == name]
        return json.dumps({"QueryExecutionIds": ids[::-1]})

    def _statement(self) -> Statement | None:
        return self.statements.all.get(self._get_param("QueryExecutionId"))

    def _missing(self) -> Answer:
        return self.error(f"QueryExecution {self._get_param('QueryExecutionId')} was not found", 400)

    def _unsupported(self, statement: Statement) -> Answer | None:
        if statement.state != "UNSUPPORTED":
            return None
        body = {"__type": "NotSupportedByDouble", "message": statement.unsupported}
        return json.dumps(body), {"status": 501}


class AthenaDouble:
    """moto and the executing Athena in this process, as a context; one at a time, since moto's state is global."""

    def __init__(self, port: int = 0, queued_seconds: float = 0.01, log: Path | None = None) -> None:
        self.port = port
        self.queued_seconds = queued_seconds
        self.log = log
        self.endpoint = ""

    def __enter__(self) -> AthenaDouble:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        # moto reads whom to call when its server first meets the service; the class can be told later.
        urls.url_paths = {"{0}/$": ExecutingAthena.dispatch}
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self.server.start()
        one_call_at_a_time()
        list_modules_once()
        host, port = self.server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        # What a double before this one left in moto is forgotten.
        with urlopen(Request(f"{self.endpoint}/moto-api/reset", method="POST")) as answer:
            answer.read()
        ExecutingAthena.statements = Statements(Engine(self.endpoint, REGION), self.queued_seconds, self.log)
        return self

    def __exit__(self, *_: object) -> None:
        ExecutingAthena.statements.workers.shutdown()
        self.server.stop()
        shutil.rmtree(ExecutingAthena.statements.engine.storage.cache)

    @property
    def env(self) -> dict[str, str]:
        """What leads every AWS client of a process here."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def main() -> None:
    """Serve until interrupted.

    ATHENA_DOUBLE_LOG names a file that every statement is noted in, ATHENA_DOUBLE_QUEUED_SECONDS is how long
    one stays QUEUED.
    """
    log, queued = os.environ.get("ATHENA_DOUBLE_LOG"), os.environ.get("ATHENA_DOUBLE_QUEUED_SECONDS", "0.01")
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 5055
    with AthenaDouble(port, float(queued), Path(log) if log else None) as double:
        for name, value in double.env.items():
            print(f"export {name}={value}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("# stopped")


if __name__ == "__main__":
    main()
