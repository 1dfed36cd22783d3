# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plot: every figure beside its goal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .figures import Measure, number

GOOD, BAD = "#2f7d5b", "#c2622d"


def draw(measures: Sequence[Measure], machine: Mapping[str, str], rounds: int, path: Path) -> None:
    """Write a PNG: how much of each goal is used, lowest to highest of the rounds."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figures = [figure for measure in measures for figure in measure.figures]
    picture, axes = pyplot.subplots(figsize=(10, 1.6 + 0.42 * len(figures)), layout="constrained")
    for place, figure in enumerate(reversed(figures)):
        lowest, median, highest = (max(part, 0.005) for part in figure.relative)
        axes.barh(place, median, color=GOOD if figure.reached else BAD, height=0.6)
        axes.plot([lowest, highest], [place, place], color="black", linewidth=1.4)
        label = f"{number(figure.median)} {figure.unit} ({figure.sense} {figure.goal:g})".replace("  ", " ")
        axes.annotate(label, (max(highest, 0.011), place), xytext=(6, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_yticks(range(len(figures)), [figure.name for figure in reversed(figures)], fontsize=8)
    axes.set_xscale("log")
    axes.set_xlim(0.01, 40)
    axes.axvline(1, color="black", linewidth=1, linestyle="--")
    axes.set_xlabel("part of what the goal allows (1 is the goal, less is better); line: lowest to highest of the rounds", fontsize=8)
    axes.set_title(
        f"rollout.kubernetes beside kubectl {machine['kubectl']} and kubernetes.core {machine['kubernetes.core']}: "
        f"medians of {rounds} rounds, {machine['cores']} cores",
        fontsize=9,
        loc="left",
    )
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.savefig(path, dpi=130)
    pyplot.close(picture)
