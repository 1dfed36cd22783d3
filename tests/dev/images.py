# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images of static programs, made without any engine: an archive as `docker save` writes it."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

LIBRARY = "docker.io/library/"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
VERSIONS = 20
PAUSE = "web:pause"
"""The image of each pod's own sandbox."""
TOOLS = "tools:1"
"""An image with a shell and wget: BusyBox, for what the collection itself runs in pods."""
BUSYBOX = Path("/bin/busybox")
APPLETS = ("sh", "sleep", "timeout", "wget")


def settings() -> dict[str, Mapping[str, str]]:
    """Return the environment of each image by its name and tag: versions v1 to v20, and those that fail in a known way."""
    good: dict[str, Mapping[str, str]] = {f"web:v{number}": {"VERSION": f"v{number}"} for number in range(1, VERSIONS + 1)}
    return good | {
        PAUSE: {"VERSION": "pause"},
        "web:crash": {"VERSION": "crash", "CRASH_AT_START": "1"},
        "web:crash-later": {"VERSION": "crash-later", "CRASH_AFTER": "2s"},
        "web:unready": {"VERSION": "unready", "READY": "never"},
    }


def archive(program: Path, target: Path) -> None:
    """Write one archive with all images: those of the program share their only layer, which holds it as /web; and one with BusyBox."""
    manifest = []
    with tarfile.open(target, "w") as stream:
        for names, layer in ((settings(), _layer({"web": program}, {})), ({TOOLS: {}}, _layer({"bin/busybox": BUSYBOX}, _links()))):
            layer_digest = hashlib.sha256(layer).hexdigest()
            _add(stream, f"{layer_digest}.tar", layer)
            for name, variables in names.items():
                entry = [] if name == TOOLS else ["/web"]
                config = _config(layer_digest, variables, entry, "pause" if name == PAUSE else "sh" if name == TOOLS else "serve")
                config_name = f"{hashlib.sha256(config).hexdigest()}.json"
                _add(stream, config_name, config)
                manifest.append({"Config": config_name, "RepoTags": [LIBRARY + name], "Layers": [f"{layer_digest}.tar"]})
        _add(stream, "manifest.json", json.dumps(manifest).encode())


def _links() -> Mapping[str, str]:
    return {f"bin/{name}": "busybox" for name in APPLETS}


def _layer(programs: Mapping[str, Path], links: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as stream:
        # Where the samples mount the machine's own folders; a mount point that is missing would be made anyway.
        for folder, mode in (("tmp", 0o1777), ("etc", 0o755), ("usr", 0o755), ("lib", 0o755), ("lib64", 0o755), ("bin", 0o755)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            stream.addfile(entry)
        for name, program in programs.items():
            _add(stream, name, program.read_bytes(), mode=0o755)
        for name, to in links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, to
            stream.addfile(entry)
    return buffer.getvalue()


def _config(layer_digest: str, variables: Mapping[str, str], entry: Sequence[str], command: str) -> bytes:
    document = {
        "architecture": MACHINES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": {
            "Entrypoint": list(entry),
            "Cmd": [command],
            "Env": [f"{key}={value}" for key, value in ({"PATH": "/bin"} | dict(variables)).items()],
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_digest}"]},
        "history": [{"created_by": "rollout.kubernetes tests"}],
    }
    return json.dumps(document, sort_keys=True).encode()


def _add(stream: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    stream.addfile(entry, io.BytesIO(content))
