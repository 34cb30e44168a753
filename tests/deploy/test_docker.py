"""The image and what runs it, as far as that can be seen without Docker."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pluginhub import config
from pluginhub.web.proxies import Networks
from tests.cli.running import PYTHON, serving

ROOT = Path(__file__).parents[2]
COMPOSE: Any = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
HUB, CADDY = COMPOSE["services"]["pluginhub"], COMPOSE["services"]["caddy"]


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile, each with its arguments in one line."""
    text = (ROOT / "deploy/Dockerfile").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    whole = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in whole.splitlines())]


def last(name: str) -> str:
    return [rest for found, rest in instructions() if found == name][-1]


def test_only_known_instructions_are_used_in_the_form_that_needs_no_shell() -> None:
    names = {name for name, _ in instructions()}
    assert names == {
        *("FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE"),
        *("HEALTHCHECK", "ENTRYPOINT", "CMD"),
    }
    for name, rest in instructions():
        if name in {"RUN", "ENTRYPOINT", "CMD"}:
            assert all(isinstance(word, str) for word in json.loads(rest)), rest


def test_every_base_is_pinned_and_the_build_stays_behind() -> None:
    bases = [rest for name, rest in instructions() if name == "FROM"]
    assert len(bases) == 2
    for base in bases:
        assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+( AS [a-z]+)?", base), base
    stages = "\n".join(f"{name} {rest}" for name, rest in instructions()).split("FROM ")
    assert "pip" not in stages[-1]
    assert "COPY --from=build /opt/pluginhub /opt/pluginhub" in stages[-1]


def test_nothing_is_compiled_or_kept_of_the_installation() -> None:
    [install] = [
        rest for name, rest in instructions() if name == "RUN" and '"install", "--no' in rest
    ]
    assert {"--only-binary=:all:", "--no-cache-dir"} <= set(json.loads(install))
    assert "apt" not in " ".join(rest for _, rest in instructions())


def test_it_runs_as_nobody_in_particular_who_owns_the_volume() -> None:
    user, group = last("USER").split(":")
    assert int(user) >= 10000
    assert int(group) >= 10000
    [made] = [rest for name, rest in instructions() if name == "RUN" and '"/data"' in rest]
    assert {f"--owner={user}", f"--group={group}", "--mode=0700"} <= set(json.loads(made))
    names = [name for name, _ in instructions()]
    assert names.index("VOLUME") > names.index("USER") > len(names) - 1 - names[::-1].index("COPY")
    assert last("VOLUME") == "/data"


def test_what_is_copied_exists_and_is_sent_to_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    sent = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        word
        for name, rest in instructions()
        if name == "COPY" and not rest.startswith("--from")
        for word in rest.split()[:-1]
    }
    assert copied == sent
    assert all((ROOT / name).exists() for name in sent)
    assert ignored.index("*") < min(ignored.index(f"!{name}") for name in sent)


def settings_of(environment: dict[str, str]) -> dict[str, str]:
    """Return the variables that are ours, as they are where HUB_SITE is not set."""
    return {
        name: re.sub(r"\$\{\w+:-(\w+)\}", r"\1", text)
        for name, text in environment.items()
        if name.startswith("PLUGINHUB_")
    }


def test_the_settings_of_image_and_compose_file_are_real_ones() -> None:
    image = dict(word.split("=", 1) for word in last("ENV").split())
    assert set(image) - settings_of(image).keys() == {"PATH", "PYTHONUNBUFFERED"}
    assert settings_of(HUB["environment"]).keys() == HUB["environment"].keys()
    ours = settings_of(image) | settings_of(HUB["environment"])
    found = config.load(ROOT / "config.toml", environment=ours).config
    assert (found.server.host, str(found.storage.plugins_base_dir)) == ("0.0.0.0", "/data")  # noqa: S104 - in a container
    assert found.server.allowed_hosts == ("localhost",)
    address = CADDY["networks"]["default"]["ipv4_address"]
    assert Networks(found.server.trusted_proxies).has(address)
    assert last("EXPOSE") == CADDY["environment"]["HUB_UPSTREAM"].partition(":")[2]
    assert found.server.port == int(last("EXPOSE"))


def test_a_container_can_do_little_besides_its_work() -> None:
    for service in (HUB, CADDY):
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert HUB["volumes"] == ["data:/data"]
    assert [it.partition(":")[0] for it in HUB["tmpfs"]] == ["/tmp"]  # noqa: S108 - in a container
    assert HUB["stop_grace_period"] == "20s"
    assert "ports" not in HUB
    assert (ROOT / HUB["build"]["dockerfile"]).is_file()
    mounted = [it.split(":")[0] for it in CADDY["volumes"]]
    assert {name for name in mounted if not name.startswith(".")} <= set(COMPOSE["volumes"])
    assert [(ROOT / "deploy" / name).is_file() for name in mounted if name.startswith(".")] == [
        True
    ]


def health_check() -> list[str]:
    found: list[str] = json.loads(last("HEALTHCHECK").partition(" CMD ")[2])
    return found


def test_the_compose_file_checks_health_as_the_image_does() -> None:
    assert HUB["healthcheck"]["test"] == ["CMD", *health_check()]
    for option in ("interval", "timeout", "start_period", "retries"):
        shown = f"--{option.replace('_', '-')}={HUB['healthcheck'][option]} "
        assert shown in last("HEALTHCHECK")


@pytest.mark.timeout(60)
def test_the_health_check_sees_whether_the_server_answers(tmp_path: Path) -> None:
    program, flag, text = health_check()
    assert (program, flag) == ("python", "-c")
    command = [*PYTHON, "-c", text.replace("/data/", f"{tmp_path}/data/")]
    assert sys.executable in command

    def is_well() -> bool:
        done = subprocess.run(command, capture_output=True, check=False, timeout=20)
        return done.returncode == 0

    (tmp_path / "config.toml").write_text("[server]\nbase_path = '/hub'\n")
    with serving(tmp_path) as server:
        assert is_well()
        server.kill()
        assert not is_well()
