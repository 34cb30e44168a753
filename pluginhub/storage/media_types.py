"""The fixed table of what is served as what; it does not depend on the machine."""

from pathlib import PurePosixPath

_BY_SUFFIX = {
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".eot": "application/vnd.ms-fontobject",
    ".gif": "image/gif",
    ".htm": "text/html; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ogg": "audio/ogg",
    ".otf": "font/otf",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xhtml": "application/xhtml+xml",
    ".xml": "application/xml",
}

_LOCK_FILES = frozenset(
    {"package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "poetry.lock"}
)

# A browser that opens one of these runs or renders what the plugin wrote.
ACTIVE = frozenset(
    {
        "application/pdf",
        "application/xhtml+xml",
        "application/xml",
        "image/svg+xml",
        "text/html; charset=utf-8",
    }
)


def of(path: str) -> str | None:
    """Return the media type that a file is served as, or None if it is not served at all."""
    name = PurePosixPath(path).name.lower()
    if name in _LOCK_FILES:
        return None
    return _BY_SUFFIX.get(PurePosixPath(name).suffix)
