"""EMR Serverless on loopback: job runs that really run, on a Spark of this machine.

Here: what StartJobRun refuses, the life of a job run, and its driver, which gets what a real one gets: the
program, its modules and its Python from S3, the variables of `driverEnv`, `s3://` as a file system, and nothing
else of the project. Not here: applications, which are moto's, or the server (`aws.py`).
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import subprocess
import tarfile
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

from botocore.session import get_session

PATHS = re.compile(r"/applications/([^/]+)/jobruns(?:/([^/]+)(/dashboard)?)?")
DRIVER_ENV = "spark.emr-serverless.driverEnv."
PASSED_ON = ("PATH", "HOME", "LANG", "JAVA_HOME")


class RefusedError(Exception):
    """What EMR answers instead: a code, a status and a reason."""

    def __init__(self, status: int, code: str, reason: str) -> None:
        super().__init__(reason)
        self.status, self.code = status, code


@dataclass
class JobRun:
    """One job run."""

    request: dict[str, Any]
    application: str
    identifier: str = field(default_factory=lambda: f"00{uuid.uuid4().hex[:14]}")
    state: str = "SUBMITTED"
    details: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def answer(self) -> dict[str, Any]:
        """The job run as GetJobRun tells it."""
        return {
            **{key: self.request[key] for key in ("executionRoleArn", "jobDriver", "configurationOverrides")},
            "applicationId": self.application,
            "jobRunId": self.identifier,
            "name": self.request.get("name"),
            "state": self.state,
            "stateDetails": self.details,
            "tags": self.request.get("tags", {}),
        }


@dataclass
class EmrDouble:
    """Job runs of every application, on the JVM of a gateway; the caller has one at a time."""

    gateway: Any
    """py4j's, as `pyspark.java_gateway.launch_gateway` returns it."""
    environment: dict[str, str]
    """The variables with which the driver reaches AWS; those of the role."""
    s3: Any
    """A client of the buckets."""
    runs: dict[str, JobRun] = field(default_factory=dict)

    def takes(self, path: str) -> bool:
        """Whether a call is about job runs."""
        return PATHS.fullmatch(path) is not None

    def answer(
        self,
        moto: Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]],
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> list[bytes]:
        """Answer one call; moto is asked whether there is such an application."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        found = PATHS.fullmatch(environ["PATH_INFO"])
        assert found
        application, identifier, dashboard = found.groups()
        try:
            self._need_application(moto, environ, application)
            content = self._answer(environ["REQUEST_METHOD"], application, identifier, bool(dashboard), body)
            status, headers = "200 OK", []
        except RefusedError as refused:
            status, headers = f"{refused.status} Refused", [("x-amzn-errortype", refused.code)]
            content = {"message": str(refused)}
        answer = json.dumps(content).encode()
        start_response(status, [("Content-Type", "application/json"), *headers])
        return [answer]

    def _need_application(self, moto: Any, environ: WSGIEnvironment, application: str) -> None:
        said: list[str] = []
        asked = {**environ, "REQUEST_METHOD": "GET", "PATH_INFO": f"/applications/{application}"}
        asked |= {"RAW_URI": asked["PATH_INFO"], "REQUEST_URI": asked["PATH_INFO"], "CONTENT_LENGTH": "0"}
        answer = b"".join(moto(asked, lambda status, headers, *_: said.append(status)))
        if not said[0].startswith("200"):
            raise RefusedError(404, "ResourceNotFoundException", f"Application {application} does not exist")
        state = json.loads(answer)["application"]["state"]
        if state not in ("CREATED", "STARTED") and environ["REQUEST_METHOD"] == "POST":
            raise RefusedError(400, "ValidationException", f"Application {application} is in {state} state")

    def _answer(
        self, method: str, application: str, identifier: str | None, dashboard: bool, body: bytes
    ) -> dict[str, Any]:
        if identifier is None:
            return self._start(application, json.loads(body))
        run = self.runs.get(identifier)
        if run is None or run.application != application:
            raise RefusedError(404, "ResourceNotFoundException", f"Job run {identifier} does not exist")
        if dashboard:
            return {"url": f"https://p-{identifier}.emrappui-prod.example/shs"}
        if method == "DELETE":
            run.state = "CANCELLED"
            if run.process:
                run.process.terminate()
            return {"applicationId": application, "jobRunId": identifier}
        return {"jobRun": run.answer}

    def _start(self, application: str, request: dict[str, Any]) -> dict[str, Any]:
        _check(request)
        again = next(
            (r for r in self.runs.values() if r.request["clientToken"] == request["clientToken"]), None
        )
        run = again or JobRun(request, application)
        if again is None:
            self.runs[run.identifier] = run
            threading.Thread(target=self._work, args=(run,), daemon=True).start()
        return {
            "applicationId": application,
            "jobRunId": run.identifier,
            "arn": f"arn:aws:emr-serverless:::{run.identifier}",
        }

    def _work(self, run: JobRun) -> None:
        run.state = "RUNNING"
        with tempfile.TemporaryDirectory() as directory:
            try:
                code, said = self._drive(run, Path(directory))
            except (OSError, ValueError, self.s3.exceptions.ClientError) as error:
                code, said = 1, str(error).encode()
            self._log(run, said)
        if run.state == "RUNNING":
            last = said.decode(errors="replace")[-500:]
            run.details = f"Job failed. ExitCode: {code}. Last few exceptions: {last}" if code else ""
            run.state = "FAILED" if code else "SUCCESS"

    def _drive(self, run: JobRun, directory: Path) -> tuple[int, bytes]:
        submit = run.request["jobDriver"]["sparkSubmit"]
        conf = _parsed(submit.get("sparkSubmitParameters", ""))
        driver = {k.removeprefix(DRIVER_ENV): v for k, v in conf.items() if k.startswith(DRIVER_ENV)}
        program = self._fetched(submit["entryPoint"], directory)
        modules = [
            self._fetched(one, directory) for one in conf.get("spark.submit.pyFiles", "").split(",") if one
        ]
        for archive in filter(None, conf.get("spark.archives", "").split(",")):
            address, _, name = archive.partition("#")
            with tarfile.open(self._fetched(address, directory)) as packed:
                packed.extractall(directory / name, filter="tar")
        bucket = urlsplit(submit["entryPoint"]).netloc
        mounted = directory / "s3"
        before = self._mount(bucket, mounted)
        host = self.gateway.gateway_parameters
        environment = {
            **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
            **self.environment,
            **driver,
            "PYTHONPATH": os.pathsep.join(map(str, modules)),
            # So does spark-submit give a driver in Python the JVM that it runs in.
            "PYSPARK_GATEWAY_PORT": str(host.port),
            "PYSPARK_GATEWAY_SECRET": host.auth_token,
        }
        command = [
            driver.get("PYSPARK_DRIVER_PYTHON", "python3"),
            str(program),
            *submit.get("entryPointArguments", []),
        ]
        run.process = subprocess.Popen(
            command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        said, _ = run.process.communicate()
        self._unmount(bucket, mounted, before)
        return run.process.returncode, said

    def _fetched(self, address: str, directory: Path) -> Path:
        place = urlsplit(address)
        target = directory / Path(place.path).name
        self.s3.download_file(place.netloc, place.path.lstrip("/"), str(target))
        return target

    def _mount(self, bucket: str, mounted: Path) -> set[str]:
        """Let Spark see the bucket as `s3://`, as EMR's own file system does; return its keys."""
        keys = set()
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for found in page.get("Contents", ()):
                keys.add(found["Key"])
                target = mounted / found["Key"]
                target.parent.mkdir(parents=True, exist_ok=True)
                self.s3.download_file(bucket, found["Key"], str(target))
        system = self.gateway.jvm.java.lang.System
        viewfs = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"
        system.setProperty("spark.hadoop.fs.s3.impl", viewfs)
        system.setProperty(f"spark.hadoop.fs.viewfs.mounttable.{bucket}.linkFallback", mounted.as_uri())
        return keys

    def _unmount(self, bucket: str, mounted: Path, before: set[str]) -> None:
        for path in sorted(mounted.rglob("*")):
            key = path.relative_to(mounted).as_posix()
            if path.is_file() and key not in before and not path.name.startswith("."):
                self.s3.upload_file(str(path), bucket, key)

    def _log(self, run: JobRun, said: bytes) -> None:
        monitoring = run.request.get("configurationOverrides", {}).get("monitoringConfiguration", {})
        if uri := monitoring.get("s3MonitoringConfiguration", {}).get("logUri"):
            place = urlsplit(uri)
            key = f"{place.path.strip('/')}/applications/{run.application}/jobs/{run.identifier}"
            self.s3.put_object(
                Bucket=place.netloc, Key=f"{key}/SPARK_DRIVER/stderr.gz", Body=gzip.compress(said)
            )


def _check(request: dict[str, Any]) -> None:
    """Refuse what the API's own description refuses, as botocore has it."""
    model = get_session().get_service_model("emr-serverless")
    shape: Any = model.operation_model("StartJobRun").input_shape
    if faults := list(_faults(shape, request, "")):
        raise RefusedError(400, "ValidationException", f"1 validation error detected: {faults[0]}")


def _faults(shape: Any, value: Any, name: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for member in shape.required_members:
            if member not in value and shape.members[member].serialization.get("location") != "uri":
                yield f"Value at '{name}.{member}' must not be null"
        for member, inner in shape.members.items():
            if member in value:
                yield from _faults(inner, value[member], f"{name}.{member}")
    elif shape.type_name == "list":
        for one in value:
            yield from _faults(shape.member, one, name)
    elif shape.type_name == "map":
        for key, one in value.items():
            yield from _faults(shape.key, key, name)
            yield from _faults(shape.value, one, f"{name}.{key}")
    elif shape.type_name == "string":
        limits = shape.metadata
        fits = limits.get("min", 0) <= len(value) <= limits.get("max", len(value))
        if not fits or not re.fullmatch(limits.get("pattern", r"(?s).*"), value):
            yield f"Value at '{name}' failed to satisfy its constraint"


def _parsed(parameters: str) -> dict[str, str]:
    words = shlex.split(parameters)
    if words[::2] != ["--conf"] * (len(words) // 2) or any("=" not in word for word in words[1::2]):
        raise ValueError(f"Error: Unrecognized option in {parameters}")
    return dict(word.split("=", 1) for word in words[1::2])
