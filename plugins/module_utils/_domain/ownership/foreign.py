# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who manages an object as a whole: other controllers of rollouts, operators, GitOps tools, Helm. Single fields: see `ownership`."""

from __future__ import annotations

from ..base.objects import JsonObject, Ref, controller_of, ref_of, text, texts
from .fields import is_empty, under
from .owners import owners


def foreign_controller(live: JsonObject, *, take_ownership: bool = False) -> str | None:
    """Why the object as a whole is not ours to change: the sentence names who manages it and what to do; None when nobody does.

    `take_ownership` overrides GitOps tools, whose next synchronisation may change everything back; it does not override what steers
    rollouts of its own or would undo ours at once. A Helm release is another matter: see `helm_release`.
    """
    return _steered(live) or (None if take_ownership else _synchronised(live))


def helm_release(live: JsonObject) -> tuple[str, str] | None:
    """Namespace and name of the Helm release that the object says it belongs to; whether it still exists, its Secrets tell
    (`owner=helm,name=NAME` in that namespace)."""
    annotations = texts(live, "metadata", "annotations")
    name = annotations.get("meta.helm.sh/release-name", "")
    namespace = annotations.get("meta.helm.sh/release-namespace", "") or text(live, "metadata", "namespace")
    return (namespace, name) if name else None


def _steered(live: JsonObject) -> str | None:
    """What steers the object's rollouts, or would undo ours at once: never overridden."""
    ref = ref_of(live)
    names = {*texts(live, "metadata", "annotations"), *texts(live, "metadata", "labels")}
    domains = {name.partition("/")[0] for name in names if "/" in name}
    spec_writers = {owner.manager for owner in owners(live) if not is_empty(under(owner.fields, "spec"))}
    controller = controller_of(live)
    if controller:
        above = Ref(text(controller, "kind"), text(live, "metadata", "namespace"), text(controller, "name"))
        return f"{ref} is controlled by {above} (its owner reference), which undoes changes made here; change {above} instead."
    if "rollout.argoproj.io" in domains or "rollouts-controller" in spec_writers:
        return f"{ref} is steered by an Argo Rollout; change it through that Rollout, or remove its workloadRef first."
    if "flagger.app" in domains or "flagger" in spec_writers:
        return f"{ref} is steered by a Flagger Canary; change it through Flagger, or delete the Canary first."
    if any(domain.endswith("rollouts.kruise.io") for domain in domains) or "kruise-rollout" in spec_writers:
        return f"{ref} is steered by a Kruise Rollout; change it through that Rollout, or delete it first."
    if names & {"olm.owner", "olm.managed"}:
        owner = texts(live, "metadata", "labels").get("olm.owner", "an operator")
        return f"{ref} belongs to {owner}, which the Operator Lifecycle Manager keeps as it is; change the Subscription or the operator."
    return None


def _synchronised(live: JsonObject) -> str | None:
    """The GitOps tool that brings the object back to what its source says."""
    ref = ref_of(live)
    labels, annotations = texts(live, "metadata", "labels"), texts(live, "metadata", "annotations")
    advice = "change it in its source, or set take_ownership: true (the next synchronisation may change it back)."
    tracking = annotations.get("argocd.argoproj.io/tracking-id", "")
    if tracking or any(owner.manager.startswith("argocd") and not owner.subresource for owner in owners(live)):
        application = f" (application {tracking.partition(':')[0]})" if tracking else ""
        return f"{ref} belongs to Argo CD{application}; {advice}"
    for domain, kind in (("kustomize.toolkit.fluxcd.io", "Kustomization"), ("helm.toolkit.fluxcd.io", "HelmRelease")):
        name = labels.get(f"{domain}/name", "")
        if name and annotations.get(f"{domain}/reconcile") != "disabled":
            source = Ref(kind, labels.get(f"{domain}/namespace", ""), name)
            return f"{ref} belongs to Flux ({source}); {advice}"
    return None
