"""The servers that pluginhub is compared with, each a process: they serve a directory.

``python -m bench.peers aiohttp FOLDER`` and ``... starlette FOLDER`` run one, and print its URL.
"""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from aiohttp import web
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

NGINX = """
{user} daemon off; pid {folder}/nginx.pid; error_log stderr error; worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
  types {{ text/javascript js; application/json json; }}
  client_body_temp_path {folder}/nginx; proxy_temp_path {folder}/nginx;
  fastcgi_temp_path {folder}/nginx; uwsgi_temp_path {folder}/nginx; scgi_temp_path {folder}/nginx;
  server {{ listen 127.0.0.1:{port}; root {root}; etag on; }}
}}
"""


@asynccontextmanager
async def peer(kind: str, folder: Path, prefix: Sequence[str] = ()) -> AsyncIterator[str]:
    """Run the peer ``aiohttp`` or ``starlette``, and give its URL."""
    process = await asyncio.create_subprocess_exec(
        *(*prefix, sys.executable, "-m", "bench.peers", kind, str(folder)),
        cwd=Path(__file__).parents[1],
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield (await process.stdout.readline()).decode().strip() if process.stdout else ""
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def nginx(folder: Path, scratch: Path, prefix: Sequence[str] = ()) -> AsyncIterator[str]:
    """Run nginx with one worker, and give its URL.

    Args:
        folder: What it serves.
        scratch: Where it may write.
        prefix: Of its command.
    """
    with _listener() as listener:
        port = listener.getsockname()[1]
    configuration = scratch / "nginx.conf"
    user = "user root;" if sys.platform != "win32" and os.geteuid() == 0 else ""
    configuration.write_text(NGINX.format(user=user, folder=scratch, root=folder, port=port))
    process = await asyncio.create_subprocess_exec(*prefix, "nginx", "-c", str(configuration))
    try:
        for _ in range(100):
            await asyncio.sleep(0.05)
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                continue
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


def _listener() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


def _aiohttp(folder: Path) -> web.Application:
    """Return a server that answers from memory, 304 to all, or as aiohttp serves files itself."""
    bodies = {path.name: path.read_bytes() for path in folder.iterdir()}
    types = {".js": "text/javascript", ".json": "application/json", ".png": "image/png"}

    async def memory(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        return web.Response(body=bodies[name], content_type=types[name[name.rindex(".") :]])

    async def unchanged(_request: web.Request) -> web.Response:
        return web.Response(status=304, headers={"ETag": '"known"'})

    async def file(request: web.Request) -> web.FileResponse:
        return web.FileResponse(folder / request.match_info["name"])

    app = web.Application()
    app.router.add_get("/memory/{name}", memory)
    app.router.add_get("/unchanged", unchanged)
    app.router.add_get("/{name}", file)
    return app


def _starlette(folder: Path) -> Starlette:
    async def file(request: Request) -> FileResponse:
        return FileResponse(folder / request.path_params["name"])

    return Starlette(routes=[Route("/{name}", file)])


def main() -> None:
    """Run a peer until it is ended."""
    kind, folder = sys.argv[1], Path(sys.argv[2])
    with _listener() as listener:
        listener.listen(1024)
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        if kind == "aiohttp":
            web.run_app(_aiohttp(folder), sock=listener, print=None, access_log=None)
        else:
            config = uvicorn.Config(
                _starlette(folder), loop="uvloop", http="httptools", log_level="error"
            )
            uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    main()
