# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pods belong to a workload, whatever becomes of what owns them; the lists are canned, as only their contents matter here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, Ref, mapping
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import Keep, Page, WatchEvent, whole
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import EVENT, POD, REPLICA_SET, Resource
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.observe.feed import Feed, Source
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.observe.workloads import Observer

from tests.unit.plugins.module_utils._domain.samples import NEW, OLD, UID, controller_revision, pod, replica_set, with_metadata, workload

WEB = Ref("Deployment", "shop", "web")
OTHER = Ref("Deployment", "shop", "other")


class Lists:
    """A cluster that only lists."""

    def __init__(self, lists: Mapping[str, list[JsonObject]]) -> None:
        self._lists = lists

    def list(self, resource: Resource, namespace: str = "", *, labels: str = "", fields: str = "", keep: Keep = whole) -> Page:
        del namespace, labels, fields
        return Page(tuple(map(keep, self._lists.get(resource.kind, ()))), "1")


def observer(pods: list[JsonObject], sets: list[JsonObject]) -> Observer:
    lists = Lists({"Deployment": [workload()], "ReplicaSet": sets, "Pod": pods})
    return Observer(lists, [WEB, OTHER], follow=False)  # type: ignore[arg-type]


def of_set(name: str, own: str, *, by: str = "") -> dict[str, object]:
    """A pod that names its ReplicaSet as the API does."""
    owner = {"controller": True, "kind": "ReplicaSet", "name": f"web-{own}", "uid": by or f"rs-{own}"}
    return with_metadata(pod(name, own), ownerReferences=[owner])


def test_pods_whose_replica_set_is_pruned_are_still_seen() -> None:
    with observer([of_set("old", "h1"), of_set("new", "h2")], [replica_set(2, NEW)]) as seen:
        assert [entry.ref.name for entry in seen.snapshot(WEB).pods] == ["new", "old"]
        assert seen._take(POD, WatchEvent("DELETED", of_set("old", "h1"))) >= {seen.snapshot(WEB).workload.uid}
        assert [entry.ref.name for entry in seen.snapshot(WEB).pods] == ["new"]


def test_pods_of_a_replica_set_that_another_owns_are_not_seen() -> None:
    with observer([of_set("foreign", "h1")], [replica_set(1, OLD, by="another")]) as seen:
        assert seen.snapshot(WEB).pods == ()


def test_a_replica_set_that_goes_leaves_its_pods_seen() -> None:
    with observer([of_set("old", "h1")], [replica_set(1, OLD), replica_set(2, NEW)]) as seen:
        seen._take(REPLICA_SET, WatchEvent("DELETED", replica_set(1, OLD)))
        assert [entry.ref.name for entry in seen.snapshot(WEB).pods] == ["old"]


def test_a_pod_that_is_released_counts_no_more_and_may_go() -> None:
    with observer([of_set("one", "h1")], [replica_set(1, OLD)]) as seen:
        released = with_metadata(of_set("one", "h1"), ownerReferences=[])
        assert seen._take(POD, WatchEvent("MODIFIED", released)) >= {seen.snapshot(WEB).workload.uid}
        assert seen.snapshot(WEB).pods == ()
        seen._take(POD, WatchEvent("DELETED", released))
        assert seen.snapshot(WEB).pods == ()


def refused(message: str, uid: str = UID) -> JsonObject:
    """An Event of a workload's controller that the server refused a pod."""
    return {"kind": "Event", "reason": "FailedCreate", "type": "Warning", "message": message, "involvedObject": {"uid": uid}}


def test_a_refused_pod_is_told_by_the_newest_event_of_the_present_spec() -> None:
    lists = Lists({"DaemonSet": [workload("DaemonSet", status={"observedGeneration": 1})], "Event": [refused("of an hour ago")]})
    web = Ref("DaemonSet", "shop", "web")
    with Observer(lists, [web], follow=False) as seen:  # type: ignore[arg-type]
        assert seen._take(EVENT, WatchEvent("ADDED", refused("before the controller saw the spec"))) == set()
        assert seen.snapshot(web).refusal == ""
        seen._take(WORKLOADS["DaemonSet"], WatchEvent("MODIFIED", workload("DaemonSet")))
        assert seen._take(EVENT, WatchEvent("ADDED", refused("of another one", "another"))) == set()
        assert seen._take(EVENT, WatchEvent("DELETED", refused("that is forgotten"))) == set()
        assert seen._take(EVENT, WatchEvent("RESYNC", {}, items=(refused("listed anew"),))) == set()
        assert seen._take(EVENT, WatchEvent("ADDED", refused("first"))) == {UID}
        seen._take(EVENT, WatchEvent("MODIFIED", refused("second")))
        assert seen.snapshot(web).refusal == "second"
        seen._take(WORKLOADS["DaemonSet"], WatchEvent("MODIFIED", workload("DaemonSet", generation=3)))
        assert seen.snapshot(web).refusal == "", "it speaks of an earlier spec"


def test_what_a_new_list_lacks_is_gone() -> None:
    with observer([of_set("old", "h1"), of_set("new", "h2")], [replica_set(1, OLD), replica_set(2, NEW)]) as seen:
        seen.hear(POD, WatchEvent("RESYNC", {}, items=(of_set("new", "h2"),)))
        seen.hear(REPLICA_SET, WatchEvent("RESYNC", {}, items=(replica_set(2, NEW),)))
        assert [entry.ref.name for entry in seen.snapshot(WEB).pods] == ["new"]
        assert [entry.number for entry in seen.snapshot(WEB).revisions] == [2]
        seen.hear(WORKLOADS["Deployment"], WatchEvent("RESYNC", {}, items=()))
        assert seen.snapshot(WEB).workload is None


def test_pods_that_have_ended_are_not_there() -> None:
    ended = {**of_set("evicted", "h2"), "status": {"phase": "Failed"}}
    with observer([ended, of_set("new", "h2")], [replica_set(2, NEW)]) as seen:
        assert [entry.ref.name for entry in seen.snapshot(WEB).pods] == ["new"]


def elsewhere(obj: JsonObject) -> dict[str, object]:
    """The same object in another namespace, with another UID."""
    return with_metadata(obj, namespace="store", uid="elsewhere")


def test_a_list_made_anew_says_nothing_of_other_kinds_and_namespaces() -> None:
    refs = [Ref("Deployment", "shop", "web"), Ref("StatefulSet", "shop", "web"), Ref("Deployment", "store", "web")]
    there: dict[str, list[JsonObject]] = {
        "Deployment": [workload(), elsewhere(workload())],
        "StatefulSet": [with_metadata(workload("StatefulSet"), uid="set")],
        "ReplicaSet": [replica_set(1, OLD), elsewhere(replica_set(1, OLD, by="elsewhere"))],
        "ControllerRevision": [controller_revision(1, by="set")],
        "Pod": [of_set("one", "h1"), elsewhere(of_set("one", "h1", by="elsewhere"))],
    }
    with Observer(Lists(there), refs, follow=False, everywhere=True) as seen:  # type: ignore[arg-type]
        for resource in (REPLICA_SET, POD, WORKLOADS["Deployment"]):
            before = [seen.snapshot(ref) for ref in refs[1:]]
            seen.hear(resource, WatchEvent("RESYNC", {}, (), "shop"))
            assert [seen.snapshot(ref) for ref in refs[1:]] == before, resource
        assert seen.snapshot(refs[0]).workload is None
        assert seen.snapshot(refs[1]).revisions
        assert seen.snapshot(refs[2]).revisions
        assert seen.snapshot(refs[2]).pods
        seen.hear(WORKLOADS["Deployment"], WatchEvent("RESYNC", {}, ()))
        assert seen.snapshot(refs[2]).workload is None, "of all namespaces"


class News(Lists):
    """A cluster that lists, and then tells one event of each kind that it knows."""

    def __init__(self, lists: Mapping[str, list[JsonObject]], news: Mapping[str, JsonObject]) -> None:
        super().__init__(lists)
        self._news = news

    def watch(self, resource: Resource, namespace: str = "", *, keep: Keep, opened: Callable[[], None], **query: str) -> Told:
        del namespace, query
        opened()
        return Told([WatchEvent("MODIFIED", keep(self._news[resource.kind]))] if resource.kind in self._news else [])


class Told(list[WatchEvent]):
    """A watch that ends by itself."""

    trouble = ""

    def close(self) -> None:
        self.clear()


def test_of_the_pods_that_are_followed_only_what_is_read_is_held() -> None:
    heard: list[tuple[str, JsonObject]] = []
    there = {**pod("web-a", "h1"), "spec": {"nodeName": "", "volumes": []}}
    changed = {"metadata": {"name": "web-b"}, "spec": {"volumes": []}}
    cluster = News({"Pod": [there]}, {"Pod": changed})
    feed = Feed(cluster, lambda _kind, event: heard.append((event.type, event.object)))  # type: ignore[arg-type]
    feed.follow(Source(POD, "shop"))
    feed.await_open()
    feed.wait(5)
    assert [(kind, "volumes" in mapping(obj, "spec")) for kind, obj in heard] == [("ADDED", False), ("MODIFIED", False)]
