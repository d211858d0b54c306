"""Dockerfiles and compose files, read as a linter reads them: nothing here can start a container."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from spotify_assets.core.settings import PROJECT_ROOT

DEPLOY = PROJECT_ROOT / "deploy"
DOCKERFILES = sorted(DEPLOY.glob("*/Dockerfile"))
COMPOSE = sorted(DEPLOY.glob("*/compose.yaml"))

EACH_IMAGE = pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
EACH_COMPOSE = pytest.mark.parametrize("file", COMPOSE, ids=lambda path: path.parent.name)


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Each instruction and what it says, continued lines joined."""
    lines = [line for line in dockerfile.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def test_there_are_images_and_compose_files_to_read() -> None:
    assert {path.parent.name for path in DOCKERFILES} == {path.parent.name for path in COMPOSE}
    assert {"dagster", "spark"} <= {path.parent.name for path in COMPOSE}


@EACH_IMAGE
def test_an_image_is_pinned_and_runs_as_nobody_in_particular(dockerfile: Path) -> None:
    said = instructions(dockerfile)
    for image in [rest.split(" AS ")[0] for name, rest in said if name == "FROM"]:
        assert re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+-[\w-]+", image), f"{image} is not one version"
    last = max(place for place, (name, _) in enumerate(said) if name == "FROM")
    (user,) = [rest for name, rest in said[last:] if name == "USER"]
    assert user not in ("root", "0")
    assert any(name == "RUN" and re.search(rf"useradd .*\b{user}\b", rest) for name, rest in said[last:])
    after = [name for name, _ in said[[name for name, _ in said].index("USER") :]]
    assert not {"RUN", "COPY", "ADD"} & set(after), "what is made as that user belongs to it"


@EACH_IMAGE
def test_an_image_copies_what_is_there_and_nothing_secret(dockerfile: Path) -> None:
    for name, rest in instructions(dockerfile):
        assert name != "ADD", "COPY says what it does"
        if name != "COPY" or rest.startswith("--from="):
            continue
        for source in rest.split()[:-1]:
            assert (PROJECT_ROOT / source).exists(), source
            assert Path(source).name != ".env"
    ignored = (PROJECT_ROOT / ".dockerignore").read_text().splitlines()
    assert {".git", ".venv", "**/.env"} <= set(ignored)


@EACH_IMAGE
def test_packages_come_from_a_lock_with_hashes(dockerfile: Path) -> None:
    installs = [rest for name, rest in instructions(dockerfile) if name == "RUN" and "pip install" in rest]
    assert installs
    for command in installs:
        locked = re.search(r"--require-hashes --requirement (\S+)", command)
        assert locked or "--no-deps --no-build-isolation --no-index" in command
        if locked:
            assert "--hash=sha256:" in (PROJECT_ROOT / locked[1]).read_text()
    for command in (rest for name, rest in instructions(dockerfile) if name == "RUN" and "apt-get" in rest):
        assert "--no-install-recommends" in command and "rm -rf /var/lib/apt/lists/*" in command
    assert all(
        isinstance(json.loads(rest), list)
        for name, rest in instructions(dockerfile)
        if name in ("CMD", "ENTRYPOINT")
    )


def services(file: Path) -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(file.read_text())["services"])


@EACH_COMPOSE
def test_a_compose_file_holds_together(file: Path) -> None:
    content = yaml.safe_load(file.read_text())
    assert set(content) - {"name", "services", "volumes"} <= {key for key in content if key.startswith("x-")}
    for name, service in services(file).items():
        assert "image" in service, name
        for other, condition in service.get("depends_on", {}).items():
            needed = services(file)[other]
            assert condition["condition"] in ("service_healthy", "service_started")
            if condition["condition"] == "service_healthy" and "healthcheck" not in needed:
                (dockerfile,) = [needed["build"]["dockerfile"]]
                assert "HEALTHCHECK" in (PROJECT_ROOT / dockerfile).read_text()
        if build := service.get("build"):
            context = (file.parent / build["context"]).resolve()
            assert context == PROJECT_ROOT and (context / build["dockerfile"]).exists()
        for volume in service.get("volumes", ()):
            source = re.sub(r"\$\{[^}]*\}", "/set", volume).split(":")[0]
            assert source.startswith("/") or source in content["volumes"]
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ()))
        assert not service.get("privileged")


@EACH_COMPOSE
def test_no_value_of_a_secret_is_in_a_compose_file(file: Path) -> None:
    for name, service in services(file).items():
        for variable, value in service.get("environment", {}).items():
            if re.search("SECRET|PASSWORD|URL|KEY|TOKEN", variable):
                assert re.fullmatch(r"\$\{\w+(:[?-][^}]*)?\}", value), f"{name}: {variable}"


def test_the_cluster_runs_the_program_with_arguments_that_it_takes() -> None:
    pytest.importorskip("pyspark", reason="needs Spark, which `pip install -e .[spark]` brings")
    from spotify_assets.spark.track_moods import options

    command = services(DEPLOY / "spark" / "compose.yaml")["moods"]["command"]
    assert command[0] == "spotify_assets.spark.track_moods"
    found = options([re.sub(r"\$\{.*\}", "t1", word) for word in command[1:]])
    assert (found.lake, found.version, found.master) == ("/lake", "t1", "spark://master:7077")
    project = yaml.safe_load((PROJECT_ROOT / "dbt_project" / "dbt_project.yml").read_text())
    assert found.sources.split(",") == project["vars"]["source_priority"]
    master = services(DEPLOY / "spark" / "compose.yaml")["master"]["command"]
    assert f"spark://{master[2]}:{master[4]}" == found.master
