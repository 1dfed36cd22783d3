# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of rollouts, from the standard library alone: it imports nothing of this collection outside itself, no Ansible and no client.

Everything here is a pure function or a frozen value: what Kubernetes' objects mean (workloads, pods, revisions), when a rollout
is done, why it is not, who owns which field, which errors there are, and the ports through which the engine reaches the outside.

Imports between its packages go one way (a contract in pyproject.toml); each says in its docstring what it may import.
"""
