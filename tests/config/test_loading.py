import tomllib
from pathlib import Path
from typing import Any

import pytest

from pluginhub import config
from pluginhub.config import Config, Setting, Settings, loading
from pluginhub.errors import ConfigError

DEFAULTS: dict[str, Any] = {
    "server.host": "127.0.0.1",
    "server.port": 8080,
    "server.max_upload": 104857600,
    "server.max_connections": 2000,
    "server.base_path": "",
    "server.trusted_proxies": (),
    "server.allowed_hosts": (),
    "server.cors_origins": ("http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"),
    "storage.plugins_base_dir": Path("data"),
    "storage.disk_reserve": 268435456,
    "auth.registration": "closed",
    "auth.access_lifetime": 1800,
    "auth.refresh_lifetime": 2592000,
    "auth.jwt_secret_file": "",
    "auth.jwt_jwks_url": "",
    "auth.jwt_algorithms": (),
    "auth.jwt_issuer": "",
    "auth.jwt_audience": "",
    "auth.proxy_header": "",
    "publish.allow": "admins",
    "publish.github_url": "https://api.github.com",
    "publish.github_token_file": "",
    "publish.allow_http": False,
    "publish.allow_private_networks": (),
    "publish.check_interval": 21600,
    "files.grace": 86400,
    "files.cache": 67108864,
    "files.cached_file": 262144,
    "files.open_files": 128,
    "files.accel": "",
    "lifecycle.hook_timeout": 10,
    "lifecycle.hook_memory": 536870912,
    "lifecycle.manager_timeout": 1800,
    "lifecycle.host_version": "1.0.0",
    "quotas.installations": 500,
    "quotas.config": 4194304,
    "quotas.states": 5242880,
    "cleanup.interval": 300,
    "cleanup.version_retention_days": 30,
    "cleanup.temp_retention_hours": 24,
    "backup.interval": 0,
    "backup.keep": 7,
    "backup.directory": "",
    "metrics.allow": ("127.0.0.1/32", "::1/128"),
    "compat.shell": False,
    "log.level": "info",
    "log.format": "text",
}
OWN_FILE = Path(__file__).parents[2] / "config.toml"


@pytest.fixture(name="empty", autouse=True)
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(text: str, name: str = "config.toml") -> Path:
    file = Path.cwd() / name
    file.write_text(text, encoding="utf-8")
    return file


def load(text: str = "", environment: dict[str, str] | None = None, **flags: Any) -> Settings:
    named = {key.replace("__", "."): value for key, value in flags.items()}
    return config.load(written(text), environment or {}, named)


def refusal(text: str = "", environment: dict[str, str] | None = None, **flags: Any) -> str:
    """Return the message, which is one line."""
    with pytest.raises(ConfigError) as caught:
        load(text, environment, **flags)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def found(settings: Settings, key: str) -> Setting:
    return next(setting for setting in settings if setting.key == key)


# Defaults


def test_every_setting_has_its_default_and_says_so() -> None:
    settings = config.load(environment={})
    assert {setting.key: setting.value for setting in settings} == DEFAULTS
    assert {setting.source for setting in settings} == {"default"}
    assert settings.config == Config()


def test_the_file_of_the_sources_names_every_key_with_its_default() -> None:
    document = tomllib.loads(OWN_FILE.read_text(encoding="utf-8"))
    flat = {
        f"{section}.{name}": v for section, keys in document.items() for name, v in keys.items()
    }
    plain = {key: list(v) if isinstance(v, tuple) else v for key, v in DEFAULTS.items()}
    assert flat == {**plain, "storage.plugins_base_dir": "data"}


def test_the_file_of_the_sources_explains_every_key_and_other_name() -> None:
    lines = OWN_FILE.read_text(encoding="utf-8").splitlines()
    keys = [n for n, line in enumerate(lines) if "=" in line and not line.startswith("#")]
    assert all(lines[number - 1].startswith("#") for number in keys)
    assert [name for name in loading._OTHER_NAMES if name not in "\n".join(lines)] == []


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().server.port = 1  # type: ignore[misc]  # that is what must not work


# Where values come from


def test_flags_win_over_the_environment_and_that_over_the_file() -> None:
    text = '[server]\nport = 1\nhost = "file"\nmax_upload = 1\n'
    environment = {"PLUGINHUB_SERVER_PORT": "2", "PLUGINHUB_SERVER_HOST": "environment"}
    settings = load(text, environment, server__port=3)
    assert settings.config.server == config.Server(port=3, host="environment", max_upload=1)
    sources = {setting.key: setting.source for setting in settings}
    assert sources["server.port"] == "flag"
    assert sources["server.host"] == "PLUGINHUB_SERVER_HOST"
    assert sources["server.max_upload"] == str(Path.cwd() / "config.toml")
    assert sources["log.level"] == "default"


def test_a_flag_that_is_not_given_does_not_count() -> None:
    settings = load("[server]\nport = 1\n", server__port=None, log__level=None)
    assert found(settings, "server.port").value == 1
    assert found(settings, "log.level") == Setting("log.level", "info", "default")


def test_the_file_in_the_working_directory_is_taken_if_none_is_named() -> None:
    written("[server]\nport = 1\n")
    assert found(config.load(environment={}), "server.port") == Setting(
        "server.port", 1, "config.toml"
    )


@pytest.mark.parametrize(
    ("name", "key", "text", "value"),
    [
        ("PLUGINS_BASE_DIR", "storage.plugins_base_dir", "/srv/x", Path("/srv/x")),
        ("CLEANUP_INTERVAL_SECONDS", "cleanup.interval", "60", 60),
        ("MANAGER_TIMEOUT_SECONDS", "lifecycle.manager_timeout", "70", 70),
        ("VERSION_RETENTION_DAYS", "cleanup.version_retention_days", "0", 0),
    ],
)
def test_an_older_name_is_read_and_yields_to_the_new_one(
    name: str, key: str, text: str, value: object
) -> None:
    assert found(load(environment={name: text}), key) == Setting(key, value, name)
    new = f"PLUGINHUB_{key.replace('.', '_').upper()}"
    settings = load(environment={name: "wrong", new: text})
    assert found(settings, key) == Setting(key, value, new)


@pytest.mark.parametrize("key", DEFAULTS)
def test_every_setting_has_a_name_in_the_environment(key: str) -> None:
    others = {
        "auth.registration": "open",
        "files.accel": "nginx",
        "lifecycle.hook_memory": "77000000",
        "log.format": "json",
        "log.level": "error",
        "publish.allow": "users",
        "publish.allow_private_networks": "10.0.0.0/8, fd00::/8",
        "server.allowed_hosts": "a.example.org,b.example.org",
        "server.base_path": "/hub",
        "server.cors_origins": "https://app.example.org",
        "server.trusted_proxies": "127.0.0.1",
        "metrics.allow": "10.0.0.0/8",
    }
    default = DEFAULTS[key]
    value = others.get(key, "True" if isinstance(default, bool) else "77")
    name = f"PLUGINHUB_{key.replace('.', '_').upper()}"
    setting = found(load(environment={name: value}), key)
    shown = ",".join(setting.value) if isinstance(default, tuple) else str(setting.value)
    assert (shown, setting.source) == (value.replace(" ", ""), name)


def test_other_variables_are_nobody_s_business() -> None:
    assert load(environment={"PLUGINHUBS": "1", "HOME": "/", "pluginhub_x": "1"}).sources == {}


# The data directory


@pytest.mark.parametrize("value", ["plugins", "../plugins", "./a/b"])
def test_a_relative_data_directory_in_a_file_is_relative_to_the_file(
    tmp_path: Path, value: str
) -> None:
    (tmp_path / "etc").mkdir()
    file = written(f'[storage]\nplugins_base_dir = "{value}"\n', "etc/hub.toml")
    assert config.load(file, {}).config.storage.plugins_base_dir == tmp_path / "etc" / value


def test_a_relative_directory_of_backups_is_relative_to_the_file(tmp_path: Path) -> None:
    file = written('[backup]\ndirectory = "safe"\n')
    assert config.load(file, {}).config.backup.directory == str(tmp_path / "safe")
    assert load('[backup]\ndirectory = ""\n').config.backup.directory == ""


def test_an_absolute_data_directory_in_a_file_stays() -> None:
    settings = load('[storage]\nplugins_base_dir = "/srv/plugins"\n')
    assert settings.config.storage.plugins_base_dir == Path("/srv/plugins")


def test_a_relative_data_directory_elsewhere_is_relative_to_the_working_directory() -> None:
    settings = load(environment={"PLUGINS_BASE_DIR": "plugins"})
    assert settings.config.storage.plugins_base_dir == Path("plugins")


@pytest.mark.parametrize("name", ["PLUGINS_BASE_DIR", "PLUGINHUB_STORAGE_PLUGINS_BASE_DIR"])
def test_an_empty_data_directory_is_not_the_working_directory(name: str) -> None:
    expected = f"{name}: storage.plugins_base_dir: must not be empty, not ''"
    assert refusal(environment={name: ""}) == expected
    assert "must not be empty" in refusal('[storage]\nplugins_base_dir = ""\n')


# What is refused


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[server]\nprot = 1", "server.prot: unknown key; did you mean server.port?"),
        ("[server]\nzzz = 1", "server.zzz: unknown key"),
        ("[servr]\nport = 1", "servr: unknown section; did you mean server?"),
        ("[zzz]", "zzz: unknown section"),
        ("port = 1", "port: stands outside a section such as [server]"),
        ("[[server]]\nport = 1", "server: stands outside a section such as [server]"),
        ("[server.tls]\ncert = 1", "server.tls: unknown key"),
        ('[server]\nport = "8080"', "server.port: must be a whole number, not '8080'"),
        ("[server]\nport = true", "server.port: must be a whole number, not True"),
        ("[server]\nport = 1.0", "server.port: must be a whole number, not 1.0"),
        ("[server]\nhost = 1", "server.host: must be text in quotes, not 1"),
        ("[server]\nhost = []", "server.host: must be text in quotes, not []"),
        ("[storage]\nplugins_base_dir = 1", "storage.plugins_base_dir: must be text in quotes"),
        ("[storage.plugins_base_dir]", "storage.plugins_base_dir: must be text in quotes, not {}"),
        ("[server]\nport = -1", "server.port: input should be greater than or equal to 0, not -1"),
        ("[server]\nport = 65536", "server.port: input should be less than or equal to 65535"),
        ("[auth]\naccess_lifetime = 0", "auth.access_lifetime: input should be greater than"),
        ('[log]\nlevel = "loud"', "log.level: input should be 'debug', 'info', 'warning' or "),
        ("[server", "is not TOML: "),
        ("[server]\nport = 1\nport = 2", "is not TOML: "),
    ],
)
def test_a_mistake_in_the_file_is_named_with_file_and_key(text: str, problem: str) -> None:
    assert refusal(text).startswith(f"{Path.cwd() / 'config.toml'}: {problem}")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("PLUGINHUB_SERVER_PORT", "many", "server.port: input should be a valid integer"),
        ("PLUGINHUB_SERVER_PORT", "", "server.port: input should be a valid integer"),
        ("PLUGINHUB_SERVER_PORT", "70000", "server.port: input should be less than or equal"),
        ("PLUGINHUB_FILES_GRACE", "-1", "files.grace: input should be greater than or equal to 0"),
        ("PLUGINHUB_LOG_FORMAT", "xml", "log.format: input should be 'text' or 'json', not 'xml'"),
        ("CLEANUP_INTERVAL_SECONDS", "1.5", "cleanup.interval: input should be a valid integer"),
        ("PLUGINHUB_SERVER_PROT", "1", "server.prot: unknown key; did you mean server.port?"),
        ("PLUGINHUB_SERVR_PORT", "1", "servr.port: unknown key"),
        ("PLUGINHUB_X", "1", "x: unknown section"),
    ],
)
def test_a_mistake_in_the_environment_is_named_with_its_variable(
    name: str, value: str, problem: str
) -> None:
    assert refusal(environment={name: value}).startswith(f"{name}: {problem}")


def test_a_mistake_in_a_flag_is_named() -> None:
    assert refusal(server__port=-1).startswith("flag: server.port: input should be greater")
    assert refusal(server__prot=1).startswith("flag: server.prot: extra inputs are not permitted")


@pytest.mark.parametrize(
    ("name", "problem"),
    [("missing.toml", "No such file"), (".", "Is a directory")],
)
def test_a_file_that_cannot_be_read_is_named(name: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(Path(name), {})
    assert str(caught.value).startswith(f"{Path(name)}: cannot be read: {problem}")


def test_a_file_that_is_not_text_is_refused() -> None:
    Path("config.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"config\.toml: is not TOML"):
        config.load(environment={})
