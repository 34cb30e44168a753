"""Who serves what in ``bench/serving.py``, and how fast pluginhub has to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.wrk import Load

HUB = "pluginhub"
TOKEN = "pluginhub, Bearer"
BARE = "aiohttp, from memory"
FILES = "aiohttp FileResponse"
STARLETTE = "Starlette on uvicorn"
NGINX = "nginx"

SIZES = {"3k.js": 3_000, "20k.js": 20_000, "400k.js": 400_000, "20m.png": 20_000_000}


@dataclass(frozen=True)
class Contest:
    """The same work, done by several servers.

    Attributes:
        name: What is done.
        loads: By the name of who does it.
        targets: Who has to be how many times as fast as whom.
        heads: It is done with HEAD.
    """

    name: str
    loads: Mapping[str, Load]
    targets: Mapping[tuple[str, str], float] = field(default_factory=dict)
    heads: bool = False


@dataclass(frozen=True)
class Servers:
    """Where everything is.

    Attributes:
        hub: Its URL.
        release: Of the plugin, with a capability, without a file's name.
        plugin: The same without a capability.
        token: The header that says who asks.
        manifest: The address of E1.
        etag: Of the smallest file.
        aiohttp: URL.
        starlette: URL.
        nginx: URL.
        nginx_etag: Of the smallest file.
    """

    hub: str
    release: str
    plugin: str
    token: Mapping[str, str]
    manifest: str
    etag: str
    manifest_etag: str
    aiohttp: str
    starlette: str
    nginx: str
    nginx_etag: str


def contests(at: Servers) -> list[Contest]:
    """Return all of them."""
    return [*(_file(at, name, size) for name, size in SIZES.items()), *_others(at)]


def _file(at: Servers, name: str, size: int) -> Contest:
    connections = 32 if size < 1_000_000 else 4

    def load(url: str, headers: Mapping[str, str] | None = None) -> Load:
        return Load(url, headers or {}, connections)

    loads = {
        HUB: load(f"{at.hub}{at.release}/{name}"),
        TOKEN: load(f"{at.hub}{at.plugin}/{name}", at.token),
        BARE: load(f"{at.aiohttp}/memory/{name}"),
        FILES: load(f"{at.aiohttp}/{name}"),
        STARLETTE: load(f"{at.starlette}/{name}"),
        NGINX: load(f"{at.nginx}/{name}"),
    }
    targets = {(HUB, NGINX): 0.9}
    if size < 1_000_000:
        targets = {(HUB, FILES): 2.0}
    if size < 100_000:
        both = (HUB, TOKEN)
        targets = {(us, peer): by for us in both for peer, by in ((BARE, 1.0), (FILES, 5.0))}
    return Contest(f"{name.split('.', maxsplit=1)[0]}B file", loads, targets)


def _others(at: Servers) -> list[Contest]:
    small, memory = f"{at.hub}{at.release}/3k.js", f"{at.aiohttp}/memory"
    known = {"If-None-Match": at.etag}
    known_manifest = {**at.token, "If-None-Match": at.manifest_etag}
    unchanged = Load(f"{at.aiohttp}/unchanged", known)
    return [
        Contest(
            "304 of a file",
            {
                HUB: Load(small, known),
                BARE: unchanged,
                NGINX: Load(f"{at.nginx}/3k.js", {"If-None-Match": at.nginx_etag}),
            },
            {(HUB, BARE): 0.95},
        ),
        Contest(
            "HEAD of a file",
            {HUB: Load(small, {}), BARE: Load(f"{memory}/3k.js", {})},
            {(HUB, BARE): 1.0},
            heads=True,
        ),
        Contest(
            "20kB file with br",
            {
                HUB: Load(f"{at.hub}{at.release}/20k.js", {"Accept-Encoding": "br"}),
                BARE: Load(f"{memory}/20k.br.js", {}),
            },
            {(HUB, BARE): 1.0},
        ),
        Contest(
            "E1, 20 plugins x 5 modules",
            {
                HUB: Load(at.hub + at.manifest, at.token),
                BARE: Load(f"{memory}/manifest.json", {}),
            },
            {(HUB, BARE): 0.9},
        ),
        Contest(
            "304 of E1",
            {HUB: Load(at.hub + at.manifest, known_manifest), BARE: unchanged},
            {(HUB, BARE): 0.9},
        ),
    ]
