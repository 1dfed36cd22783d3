# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure everything, or some of it, and write what came out: python -m tests.bench, run by ./dev bench."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.functional.cluster import ROOT, running_cluster
from tests.functional.plays import Ansible

from .api import Api
from .figures import Measure, markdown, plain, table
from .machine import machine
from .measures import MEASURES
from .plot import draw
from .scene import TINY, Scene, Sizes, Unfit

OUTPUT = ROOT / "tests" / "output" / "bench"
BUSY = 0.5
"""From which load for each core on the numbers are not to be published."""
PUBLISHED = ROOT / "docs" / "images" / "bench.png"


def main(arguments: Sequence[str]) -> int:
    """Run; 1 when a subject failed or changed what it should not have. A goal that is missed is no failure."""
    options = parser().parse_args(arguments)
    sizes = dataclasses.replace(TINY if options.tiny else Sizes(), **({"rounds": options.rounds} if options.rounds else {}))
    cluster = running_cluster()
    about = machine(cluster)
    if os.getloadavg()[0] > BUSY * (os.cpu_count() or 1):
        print(f"The machine is busy (load {os.getloadavg()[0]:.1f}): only the ratios tell something, and less than usual.", flush=True)
    measures: dict[str, Measure] = {}
    unfit = []
    with tempfile.TemporaryDirectory(prefix="rollout-bench-") as folder:
        scene = Scene(
            cluster=cluster,
            ansible=Ansible(cluster=cluster, folder=Path(folder)),
            api=Api(cluster.kubeconfig),
            sizes=sizes,
            folder=Path(folder),
            collections=options.collections.absolute() if options.collections else None,
        )
        for key in options.only or MEASURES:
            started = time.monotonic()
            print(f"Measuring {key} ...", flush=True)
            try:
                measures[key] = MEASURES[key](scene)
            except KeyboardInterrupt:
                unfit.append(key)
                print("    interrupted; what was measured before is shown.", flush=True)
                break
            except (Unfit, AssertionError, RuntimeError) as problem:
                unfit.append(key)
                print(f"    There is nothing to measure: {problem}", flush=True)
            else:
                print(f"    took {time.monotonic() - started:.0f} s", flush=True)
    report(measures, about, sizes, options)
    if unfit:
        print(f"Failed: {', '.join(unfit)}.")
    return 1 if unfit else 0


def report(measures: Mapping[str, Measure], about: Mapping[str, str], sizes: Sizes, options: argparse.Namespace) -> None:
    """Print the table; write JSON, Markdown and the plot."""
    print("\n" + ", ".join(f"{key} {value}" for key, value in about.items()))
    print(f"Medians of {sizes.rounds} rounds." + (" A trial: these numbers mean nothing." if options.tiny else ""), end="\n\n")
    print(table(list(measures.values())))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(
        json.dumps({"machine": about, "rounds": sizes.rounds, "tiny": options.tiny, "measures": plain(measures)}, indent=2) + "\n"
    )
    options.output.with_suffix(".md").write_text(markdown(list(measures.values())) + "\n")
    picture = PUBLISHED if options.publish else options.output.with_suffix(".png")
    if any(measure.figures for measure in measures.values()):
        draw(list(measures.values()), about, sizes.rounds, picture)
        print(f"\nWritten: {os.path.relpath(options.output)}, {os.path.relpath(picture)}")


def parser() -> argparse.ArgumentParser:
    """Return the parser."""
    result = argparse.ArgumentParser(
        prog="dev bench", description="Measure what tasks cost beside kubectl and kubernetes.core, in one run."
    )
    result.add_argument(
        "--only", action="append", choices=list(MEASURES), metavar="MEASURE", help=f"one of {', '.join(MEASURES)}; repeatable"
    )
    result.add_argument("--rounds", type=positive, metavar="N", help="number of rounds (default: 5)")
    result.add_argument("--tiny", action="store_true", help="tiny numbers, to see whether it works")
    result.add_argument(
        "--output", type=Path, default=OUTPUT / "bench.json", metavar="FILE", help="where the JSON goes, plot and table beside it"
    )
    result.add_argument("--publish", action="store_true", help="write the plot to docs/images/bench.png instead")
    result.add_argument("--collections", type=Path, metavar="FOLDER", help="measure the collection in another folder of collections")
    return result


def positive(text: str) -> int:
    """Return a number above zero."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
