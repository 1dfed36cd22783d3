# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that say what is wanted: a manifest, or a short change of what is there."""

from __future__ import annotations


class ModuleDocFragment:
    """Manifests for a module that rolls them out. `manifest.read` for one that does not; `manifest.change` has the short way."""

    def __init__(self) -> None:
        """All from one text."""
        self.READ = _DEFINITION + _END
        self.DOCUMENTATION = _DEFINITION + _APPLIED + _END

    CHANGE = r"""
options:
  image:
    description:
      - The short way to change a live workload, together with O(name). A text sets the image of the only container; a mapping of
        container to image sets several, init containers too.
    type: raw
  env:
    description:
      - Environment variables to set on a live workload, together with O(name). A null takes a variable away.
      - Numbers become texts, booleans V(true) and V(false); lists and mappings are refused.
    type: dict
  container:
    description: The container that O(env) is for. Needed when there are several.
    type: str
"""

    READY = r"""
options:
  min_ready_seconds:
    description:
      - How long a new pod must be ready before it counts as available.
      - Seconds, or a text such as V(90s), V(10m) or V(1h30m).
    type: str
"""


_DEFINITION = r"""
options:
  definition:
    description:
      - The manifest, or several, as a dict, a list or a text of one or more YAML documents.
"""

_APPLIED = r"""
      - The objects that are no workloads (ConfigMaps, Secrets, Services, ...) are applied first; the workloads then roll out at the same
        time.
      - Replicas that are left out are left alone. Where a HorizontalPodAutoscaler scales the workload, the manifest's replicas count
        only for the first creation.
      - It may bring its namespace and its kinds. Namespaces, CustomResourceDefinitions, accounts, roles and configuration are applied
        first; check mode says of which objects the server cannot know yet.
      - It may come from C(kubectl get -o yaml). What the cluster itself writes (status, UIDs, annotations of controllers, pods and
        ReplicaSets of workloads, ...) is left out of it, and a field of null is as absent.
"""

_END = r"""
      - A text is read by the rules of kubectl. A mapping in a playbook was read by Ansible's rules before, to which C(10:30) is the number
        630 and C(0o644) a text, and dates become their ISO text; put such values in quotes.
    type: raw
    aliases: [resource_definition, inline]
  src:
    description: A file with the manifests. Searched as Ansible searches files, then from the folder of invocation. May be vaulted.
    type: path
  template:
    description:
      - A Jinja2 template with the manifests, a path; or a mapping with C(path) and the options of M(ansible.builtin.template) for
        delimiters and whitespace; or a list of these.
    type: raw
"""
