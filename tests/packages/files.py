"""What packages of BrainDrive plugins have besides their lifecycle manager."""

import json

Files = dict[str, bytes]


def package(
    slug: str, version: str, source: str, *, package_version: str = "", entry: bool = True
) -> Files:
    """Return a package of some twenty files, by path.

    Args:
        slug: Of the plugin; stands in the source as ``@SLUG@``, its scope as ``@SCOPE@``.
        version: Stands in the source as ``@VERSION@``.
        source: Of ``lifecycle_manager.py``.
        package_version: What ``package.json`` says, if that is another version.
        entry: Whether the frontend was built.
    """
    files = {"lifecycle_manager.py": fill_in(source, slug, version)}
    files |= _project(slug, package_version or version)
    if entry:
        files |= _built(slug, version)
    return files


def fill_in(source: str, slug: str, version: str) -> bytes:
    """Return a source with the names of a plugin in it."""
    source = source.replace("@SLUG@", slug).replace("@VERSION@", version)
    return source.replace("@SCOPE@", slug.replace("-", "_")).lstrip("\n").encode()


def _project(slug: str, version: str) -> Files:
    description = {
        "name": f"braindrive-{slug.lower()}",
        "version": version,
        "description": f"{slug} for BrainDrive",
        "main": "dist/remoteEntry.js",
        "scripts": {"build": "webpack --mode production"},
        "keywords": ["braindrive", "plugin"],
        "author": "BrainDrive",
        "license": "MIT",
        "dependencies": {"react": "^18.3.1"},
        "devDependencies": {"webpack": "^5.98.0"},
    }
    return {
        "package.json": json.dumps(description, indent=2).encode(),
        "README.md": f"# {slug}\n\nA plugin.\n".encode(),
        "LICENSE": b"MIT License\n",
        "tsconfig.json": b'{"compilerOptions": {"jsx": "react"}}\n',
        "webpack.config.js": f"module.exports = {{name: '{slug}'}};\n".encode(),
        "public/index.html": b"<!doctype html><div id='root'></div>\n",
        "references/field-reference.md": b"# Fields\n",
        "src/index.tsx": b"export { default } from './Main';\n",
        "src/Main.tsx": b"export default function Main() { return null; }\n",
        "src/Main.css": b".main { display: flex; }\n",
        "src/types.ts": b"export interface Props { title: string }\n",
        "src/services/api.ts": b"export const get = (path: string) => fetch(path);\n",
        "src/components/Header.tsx": b"export const Header = () => null;\n",
    }


def _built(slug: str, version: str) -> Files:
    return {
        "dist/remoteEntry.js": f"var {slug.replace('-', '_')};/* {version} */\n".encode() * 100,
        "dist/118.js": b"(self.webpackChunk = self.webpackChunk || []).push([[118]]);\n" * 200,
        "dist/411.js": b"(self.webpackChunk = self.webpackChunk || []).push([[411]]);\n" * 200,
        "dist/411.js.LICENSE.txt": b"/** @license React */\n",
        "dist/main.js": b"(() => {})();\n" * 400,
        "dist/index.html": b"<!doctype html><script src='main.js'></script>\n",
    }
