# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that say which configuration is versioned, and what it holds."""

from __future__ import annotations

from textwrap import indent


class ModuleDocFragment:
    """The option `config` of the strategies; `config.planned` without its notes, for a module that makes nothing of it; `config.entry`
    has what an entry is, for a module that takes one itself."""

    def __init__(self) -> None:
        """All from one text: an entry's options are the suboptions of the list."""
        self.ENTRY = "options:\n" + _ENTRY + _NOTES
        self.PLANNED = _CONFIG + indent(_ENTRY + _MANIFEST, "    ")
        self.DOCUMENTATION = self.PLANNED + _NOTES


_ENTRY = r"""
  kind:
    description:
      - V(ConfigMap) or V(Secret). If not given, the kind of the entry's manifest, else V(ConfigMap).
    type: str
    choices: [ConfigMap, Secret]
  name:
    description:
      - What the templates call it, the beginning of the name of its copies. If not given, the name in the entry's manifest.
    type: str
  version:
    description:
      - What the name of the copy ends with, for versions that you count yourself; V(v41) makes the copy C(<name>-v41).
      - A version never changes. One that is there with another content is refused.
      - Without it the name ends with ten letters of a hash of the content, so that the same content always has the same name.
    type: str
  data:
    description:
      - The content, texts by key. Whole numbers become texts, null an empty one. What else is no text is refused unless it is written
        in quotes.
    type: dict
  binary_data:
    description: Content that is no text, in base64 by key.
    type: dict
  files:
    description:
      - Files that are the content, a list of paths (the key is the file's name) or a mapping of keys to paths.
      - With a local connection they are searched as Ansible searches files, then from the folder of invocation, and may be vaulted.
        Otherwise they are read on the machine where the module runs.
    type: raw
  folder:
    description:
      - A folder whose files are the content. Folders below it, and files whose names begin with a point, are left out.
      - Searched as the files of C(files) are.
    type: path
  type:
    description: The type of a Secret, for example V(kubernetes.io/tls). If not given, V(Opaque).
    type: str
  keep:
    description:
      - How many copies stay although nothing refers to them any more, the newest ones.
      - Copies that a revision of any workload still refers to stay anyway.
    type: int
    default: 0
  remove_original:
    description:
      - Delete the object of the very name C(name), which was taken over, once nothing refers to it any more and it is older than an hour.
    type: bool
    default: false
"""

_CONFIG = r"""
options:
  config:
    description:
      - The ConfigMaps and Secrets that are versioned together with the workloads.
      - Of each an immutable copy is made, and the templates refer to the copy, whatever they call it; in variables, volumes and projected
        volumes of all containers. So a changed value is a new template, which rolls out, stands in the history and is undone like any
        other change; the same content again changes nothing.
      - Its content is what the entry says (C(data), C(binary_data), C(files), C(folder), or a manifest by C(definition) or C(src)); else
        what the object of that name in the task's own manifests has; else what the object of that name in the cluster has. The last is
        only copied and stays as it is, so that other users of it are not touched.
      - Pull secrets and other credentials of the cluster's are left alone.
      - After a complete rollout that changed something, copies that nothing refers to any more and that are older than an hour are
        removed.
    type: list
    elements: dict
    suboptions:
"""

_MANIFEST = r"""
  definition:
    description: The content as a manifest, a dict or a text in YAML. Only its content, labels and annotations count, and its name.
    type: raw
  src:
    description: A file with that manifest. Searched as Ansible searches files, then from the folder of invocation. May be vaulted.
    type: path
"""

_NOTES = r"""
notes:
  - Versioning configuration needs the rights to get, list, create, patch and delete ConfigMaps, or Secrets. Before a copy is removed, the
    task lists Pods, ReplicaSets, ControllerRevisions, Deployments, StatefulSets, DaemonSets, Jobs, CronJobs, ReplicationControllers,
    ServiceAccounts and Ingresses of the namespace; where that is not allowed, old copies stay, with a warning.
  - Values of Secrets are never shown, neither in results nor in differences. The names of Secrets hold a hash that is slow to compute on
    purpose; for a secret that can be guessed from a handful choose the version yourself.
"""
