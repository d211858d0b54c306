"""AWS on loopback: moto's server, with a log of calls and room for faults in front of it.

Here: S3, Glue, STS, DynamoDB and Kinesis as moto has them, and answers that AWS gives on a bad day. Not here: what Athena does
with a statement.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

import boto3
from moto.core.base_backend import AccountSpecificBackend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from tests.doubles.cloudformation import VERSION as CLOUDFORMATION
from tests.doubles.cloudformation import CloudFormationDouble
from tests.doubles.dynamodb import SERVICE as DYNAMODB
from tests.doubles.dynamodb import DynamoDouble, one_call_at_a_time
from tests.doubles.emr_serverless import EmrDouble
from tests.doubles.iam import RoleDouble
from tests.doubles.kinesis import SERVICE as KINESIS
from tests.doubles.kinesis import KinesisDouble
from tests.doubles.quick_moto import list_modules_once

REGION = "ap-northeast-2"
# moto asks botocore once which regions a service has: now, before a test leads botocore to other descriptions.
AccountSpecificBackend.get_session().get_available_regions("s3")
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    # Nothing of the person who runs the tests.
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    # Fewer than in earnest: tests wait for what is to fail.
    "AWS_MAX_ATTEMPTS": "4",
}


MOTO_UPLOADS_BEGAN = b"2010-11-10T20:48:33.000Z"
"""What moto says of every multipart upload, whenever it began."""


@dataclass(frozen=True, slots=True)
class AwsCall:
    """One call, as it came."""

    method: str
    path: str
    query: str
    target: str
    """The operation, where the service names it in a header: `AWSGlue.GetTable`."""


@dataclass(slots=True)
class AwsFault:
    """What is answered instead, to the calls that `to` picks."""

    status: int
    code: str
    to: Callable[[AwsCall], bool]
    times: int | None
    """How often; None is for good."""
    body: str | None = None
    """What is answered in place of the error `code`."""
    met: int = 0

    def takes(self, call: AwsCall) -> bool:
        """Whether this call gets it; one time fewer is left then."""
        if (self.times is not None and self.met >= self.times) or not self.to(call):
            return False
        self.met += 1
        return True


@dataclass(slots=True)
class AwsDouble:
    """A server of AWS's services, for as long as `aws_double` lasts."""

    url: str = ""
    region: str = REGION
    calls: list[AwsCall] = field(default_factory=list)
    faults: list[AwsFault] = field(default_factory=list)
    uploads_began: datetime = field(default_factory=lambda: datetime.now(UTC))
    """What is said of unfinished uploads instead of moto's own constant."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    dynamodb: DynamoDouble = field(default_factory=DynamoDouble)
    kinesis: KinesisDouble = field(default_factory=KinesisDouble)
    cloudformation: CloudFormationDouble | None = None
    """In place of moto's, which knows neither SAM nor half of what a template may hold; None where nobody deploys."""
    role: RoleDouble | None = None
    """Who calls; None may do everything."""
    emr: EmrDouble | None = None
    """Who runs the jobs of EMR Serverless, where somebody does."""

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which any client comes here."""
        region = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        return {**CREDENTIALS, **region, "AWS_ENDPOINT_URL": self.url}

    def client(self, service: str) -> Any:
        """Return a client of the test's own, which the faults do meet."""
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    def make_bucket(self, name: str) -> str:
        """Make a bucket and return its name."""
        # S3 does not take its first region as a constraint.
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        self.client("s3").create_bucket(Bucket=name, **({} if self.region == "us-east-1" else elsewhere))
        return name

    def fail(
        self,
        status: int,
        code: str,
        to: Callable[[AwsCall], bool] = lambda _: True,
        times: int | None = None,
        body: str | None = None,
    ) -> AwsFault:
        """Answer so from now on; return the fault, which counts how many calls met it."""
        fault = AwsFault(status, code, to, times, body)
        self.faults.append(fault)
        return fault


@contextmanager
def aws_double(behind: str | None = None, region: str = REGION) -> Iterator[AwsDouble]:
    """Serve AWS's services on a free port; those of the server at `behind`, where one is given."""
    double = AwsDouble(region=region)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = forwarded_to(behind) if behind else DomainDispatcherApplication(create_backend_app)

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        call = AwsCall(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            environ.get("QUERY_STRING", ""),
            environ.get("HTTP_X_AMZ_TARGET", ""),
        )
        with double.lock:
            double.calls.append(call)
            fault = next((one for one in double.faults if one.takes(call)), None)
            if double.role is not None and not double.role.allows(
                call.target, call.path, whole_body(environ)
            ):
                fault = AwsFault(400, "AccessDeniedException", lambda _: True, None)
        if fault is None and call.target.startswith(DYNAMODB):
            return double.dynamodb.answer(moto, environ, start_response)
        if fault is None and call.target.startswith(KINESIS):
            return double.kinesis.answer(moto, environ, start_response)
        if fault is None and double.cloudformation and CLOUDFORMATION in (body := whole_body(environ)):
            status, xml = double.cloudformation.answer(body)
            start_response(f"{status} Answered", [("Content-Type", "text/xml")])
            return [xml.encode()]
        if fault is None and double.emr and double.emr.takes(call.path):
            return double.emr.answer(moto, environ, start_response)
        if fault is None:
            answer: Iterable[bytes] = moto(environ, start_response)
            if call.method == "GET" and "uploads" in call.query.split("&"):
                began = f"{double.uploads_began:%Y-%m-%dT%H:%M:%S}.000Z".encode()
                return [part.replace(MOTO_UPLOADS_BEGAN, began) for part in answer]
            return answer
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"].read(length)
        return refuse(fault, call, start_response)

    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    double.url = f"http://127.0.0.1:{server.server_port}"
    one_call_at_a_time()
    list_modules_once()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def whole_body(environ: WSGIEnvironment) -> bytes:
    """Return a request's body, which stays to be read."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(body)
    return body


def forwarded_to(address: str) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    """Return an application that has another server answer."""
    host = urlsplit(address).netloc

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        }
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        # As it was sent: PATH_INFO is decoded, and keys may hold "=" and "%".
        path = environ["REQUEST_URI"]
        with closing(HTTPConnection(host, timeout=300)) as connection:
            connection.request(environ["REQUEST_METHOD"], path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        kept = [(k, v) for k, v in answer.getheaders() if k.lower() not in ("connection", "date", "server")]
        start_response(f"{answer.status} {answer.reason}", kept)
        return [content]

    return application


def refuse(fault: AwsFault, call: AwsCall, start_response: StartResponse) -> list[bytes]:
    """Answer in the words of the service: XML for S3, JSON for those that name their operation."""
    if call.target:
        body = (fault.body or f'{{"__type": "{fault.code}", "message": "by the test"}}').encode()
        kind = "application/x-amz-json-1.1"
    else:
        error = f"<Error><Code>{fault.code}</Code><Message>by the test</Message></Error>"
        body = (fault.body or f"<?xml version='1.0'?>{error}").encode()
        kind = "application/xml"
    start_response(f"{fault.status} Fault", [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [b"" if call.method == "HEAD" else body]
