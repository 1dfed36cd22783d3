# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mutations: what is wrong in the product, and which tests must find that. tests/README.md shows this table (./dev docs writes it)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_BASE = "plugins/module_utils/"
_UNITS = "tests/unit/plugins/module_utils/"
_MEMORY = "tests/unit/memory/"
_LOCKS, _WRITES, _TRAFFIC = f"{_MEMORY}test_locks.py", f"{_MEMORY}test_writes.py", f"{_MEMORY}test_traffic.py"
_FAILURES, _LEFT_ALONE = f"{_MEMORY}test_failures.py", f"{_MEMORY}test_left_alone.py"
_COPIES, _CLIENT = f"{_MEMORY}test_copies.py", f"{_MEMORY}test_client.py"
_ROWS = "tests/unit/conformance/test_memory.py"
_GATED, _GATED_STEPS, _GATED_ROLLING = f"{_MEMORY}test_gated.py", f"{_MEMORY}test_gated_steps.py", f"{_MEMORY}test_gated_rolling.py"
_GATED, _GATED_STEPS = f"{_MEMORY}test_gated.py", f"{_MEMORY}test_gated_steps.py"
_CANARY = f"{_MEMORY}test_canary.py"
_TURNS = f"{_MEMORY}test_turns.py"
_APPROVAL = f"{_MEMORY}test_approval.py"
_ROUTES = f"{_UNITS}_domain/traffic/test_routes.py"
_LOST = f"{_LOCKS}::test_who_has_lost_its_lock_changes_nothing"


@dataclass(frozen=True)
class Mutation:
    """One fault. `old` occurs exactly once in the file, which is given below plugins/module_utils; `tests` are arguments of pytest."""

    name: str
    """What is wrong, as the end of: the product has ..."""
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def path(self) -> str:
        """The file in the working tree."""
        return f"{_BASE}{self.file}"


MUTATIONS = (
    Mutation(
        name="a lock that nobody renews",
        file="_engine/hold/lock.py",
        old="self._ended.wait(DURATION / 3)",
        new="self._ended.wait(DURATION * 3)",
        tests=(f"{_LOCKS}::test_a_holder_at_work_is_left_alone_however_long_it_takes",),
    ),
    Mutation(
        name="a sign of life of the lock's holder that nobody looks at",
        file="_engine/hold/turn.py",
        old="if now.holder != first.holder or now.renewed != first.renewed:",
        new="if now.holder != first.holder:",
        tests=(f"{_LOCKS}::test_a_holder_at_work_is_left_alone_however_long_it_takes",),
    ),
    Mutation(
        name="a lock that is taken at once from whoever holds it",
        file="_engine/hold/turn.py",
        old="if clock >= since + now.duration:",
        new="if clock >= since:",
        tests=(f"{_LOCKS}::test_a_holder_at_work_is_left_alone_however_long_it_takes",),
    ),
    Mutation(
        name="a lock that lives on although it could not be renewed",
        file="_engine/hold/lock.py",
        old="return self._renewed_at + DURATION - self._outside.clock()",
        new="return self._renewed_at + 10 * DURATION - self._outside.clock()",
        tests=(f"{_LOCKS}::test_who_cannot_renew_its_lock_writes_nothing_after_its_time",),
    ),
    Mutation(
        name="a lock whose new holder nobody sees",
        file="_engine/hold/lock.py",
        old="if self._lease is None or not self._is_ours():",
        new="if self._lease is None:",
        tests=(_LOST,),
    ),
    Mutation(
        name="writes that are begun although the lock is lost",
        file="_engine/hold/hold.py",
        old="            outside.cluster.fence(hold.seconds_left)\n",
        new="",
        tests=(_LOST,),
    ),
    Mutation(
        name="two overlapping tasks of which neither gives way",
        file="_engine/hold/hold.py",
        old="return theirs is None or mine is None or theirs < mine",
        new="return theirs is None or mine is None",
        tests=(f"{_TURNS}::test_two_that_overlap_work_one_after_the_other",),
    ),
    Mutation(
        name="a plan from before somebody else has worked on the same objects",
        file="_engine/hold/hold.py",
        old="if not Holding.of(lease).holder and _version(lease) != _version(before.get(name, {})):",
        new="if not Holding.of(lease).holder and not name:",
        tests=(f"{_TURNS}::test_two_that_overlap_work_one_after_the_other",),
    ),
    Mutation(
        name="a JSON patch of a workload without the generation that it was planned for",
        file="_engine/write/writer.py",
        old="operations = (*_at_spec_of(live), *patch_between(",
        new="operations = (*(), *patch_between(",
        tests=(f"{_TURNS}::test_a_write_that_hangs_until_somebody_else_has_taken_over_changes_nothing",),
    ),
    Mutation(
        name="a rollout pod by pod that loses its workload between two tasks",
        file="_engine/plan/stepping.py",
        old="            raise RefusedError(stepping.sentence(ref))",
        new="            del ref",
        tests=(f"{_MEMORY}test_stepping.py::test_other_ways_to_change_it_are_refused_while_it_stands",),
    ),
    Mutation(
        name="a Lease that tells of what was never begun",
        file="_engine/hold/lock.py",
        old='self._left = {name: former.get(name, "") for name in self._notes}',
        new="del former",
        tests=(
            f"{_MEMORY}test_stepping.py::test_a_task_that_is_refused_before_its_first_write_leaves_no_word_of_it",
            f"{_MEMORY}test_undone.py::test_an_undo_that_is_refused_before_its_first_write_takes_nothing_back",
        ),
    ),
    Mutation(
        name="no memory of what a person took back",
        file="_engine/plan/taken_back.py",
        old="        notes[place] = {UNDONE: undone_text(settled(former, back=back))}",
        new="        notes[place] = {UNDONE: undone_text(settled(former))}",
        tests=(f"{_MEMORY}test_undone.py::test_what_a_person_took_back_is_told_of_once_and_refused_on_request",),
    ),
    Mutation(
        name="a JSON patch of one field without its test",
        file="_engine/write/writer.py",
        old='operations = (PatchOperation("test", pointer, write.expected), PatchOperation("replace", pointer, write.value))',
        new='operations = (PatchOperation("replace", pointer, write.value),)',
        tests=(f"{_WRITES}::test_a_service_that_somebody_has_led_elsewhere_right_before_the_write_stays_there",),
    ),
    Mutation(
        name="a take-over of managedFields without the version that it was planned for",
        file="_engine/write/writer.py",
        old='        PatchOperation("test", "/metadata/resourceVersion", text(before, "metadata", "resourceVersion")),\n',
        new="",
        tests=(f"{_WRITES}::test_who_writes_right_before_a_take_over_stays_recorded",),
    ),
    Mutation(
        name="an apply without the version that it was planned for",
        file="_engine/write/writer.py",
        old="            body = _at_version_of(latest, body)\n",
        new="            body = planned.body\n",
        tests=(f"{_MEMORY}test_races.py::test_two_short_changes_of_one_workload_both_stay",),
    ),
    Mutation(
        name="an apply that is sent again whatever has changed",
        file="_engine/write/writer.py",
        old="same = live is not None and uid_of(live) == uid_of(before) and _unversioned(live) == _unversioned(before)",
        new="same = live is not None",
        tests=(f"{_MEMORY}test_races.py::test_two_short_changes_of_one_workload_both_stay",),
    ),
    Mutation(
        name="a hand-over of replicas without the version that it was planned for",
        file="_engine/write/writer.py",
        old="held = _at_version_of(latest, planned.handover)",
        new="held = planned.handover",
        tests=(f"{_WRITES}::test_a_scaling_right_before_the_replicas_are_handed_over_stays",),
    ),
    Mutation(
        name="an apply before the replicas are handed over",
        file="_engine/write/writer.py",
        old=(
            "        if planned.handover is not None:\n"
            "            # With the version: it holds the replicas as they were then, and must not undo a scaling since.\n"
            "            held = _at_version_of(latest, planned.handover)\n"
            "            latest = self._carried_out(lambda: cluster.apply(resource, held, manager=HANDOVER_MANAGER, force=True))\n"
            "        body = planned.body\n"
        ),
        new=(
            "        body = planned.body\n"
            "        if planned.handover is not None:\n"
            "            latest = self._carried_out(lambda: cluster.apply(resource, _at_version_of(latest, body), manager=APPLY_MANAGER))\n"
            "            held = _at_version_of(latest, planned.handover)\n"
            "            latest = self._carried_out(lambda: cluster.apply(resource, held, manager=HANDOVER_MANAGER, force=True))\n"
        ),
        tests=(f"{_WRITES}::test_replicas_that_a_definition_leaves_out_never_change",),
    ),
    Mutation(
        name="a take-over that is planned and not carried out",
        file="_engine/write/writer.py",
        old="taken_over=taken if taken.managed_fields is not None else None,",
        new="taken_over=None,",
        tests=(f"{_WRITES}::test_what_was_taken_over_is_ours_and_goes_when_the_definition_stops_naming_it",),
    ),
    Mutation(
        name="Helm's objects changed as if they were nobody's",
        file="_engine/write/writer.py",
        old="if release is not None and not self._force and self._release_exists(*release):",
        new="if release is not None and not self._force and not self._release_exists(*release):",
        tests=(f"{_WRITES}::test_what_belongs_to_a_helm_release_is_left_alone",),
    ),
    Mutation(
        name="a missing wait for the watches before the first write",
        file="_engine/run/run.py",
        old="            self.observer().await_open()",
        new="            self.observer()",
        tests=(f"{_MEMORY}test_rights.py::test_a_right_that_is_missing_is_told_of_before_the_first_change[rolling: the next version]",),
    ),
    Mutation(
        name="a state from before the write taken for its outcome",
        file="_engine/run/run.py",
        old="generation=workload.generation if written.changed else 0,",
        new="generation=0,",
        tests=(f"{_FAILURES}::test_the_observed_generation_says_of_which_version_the_counts_are", f"{_MEMORY}test_runs.py"),
    ),
    Mutation(
        name="a rollout that another one has replaced taken back all the same",
        file="_engine/run/run.py",
        old=('        if leg.course.refusal:\n            return "the template is not this task\'s"\n'),
        new="",
        tests=(f"{_FAILURES}::test_what_somebody_else_has_set_meanwhile_is_not_taken_back",),
    ),
    Mutation(
        name="copies of configuration removed after a rollout that failed",
        file="_engine/run/run.py",
        old='if all(rollout.phase == "complete" for rollout in self.reports.values()) and any(',
        new="if any(",
        tests=(f"{_COPIES}::test_a_rollout_that_fails_removes_no_copy",),
    ),
    Mutation(
        name="going back from what was never written",
        file="_engine/run/going_back.py",
        old=("        if not run.is_written(rollout.ref):\n            continue\n"),
        new="",
        tests=(f"{_FAILURES}::test_a_write_that_has_failed_is_no_reason_to_go_back",),
    ),
    Mutation(
        name="going back to the revision that has failed",
        file="_engine/run/going_back.py",
        old="        stable = stable_of(rollout.snapshot)\n",
        new="        stable = candidate_of(rollout.snapshot)\n",
        tests=(f"{_FAILURES}::test_a_bad_version_is_taken_back_to_the_one_that_served",),
    ),
    Mutation(
        name="somebody else's template taken for the task's own",
        file="_engine/wait/superseding.py",
        old='return sentence(ref, lost, self._wanted, live) if lost else ""',
        new='return ""',
        tests=(f"{_FAILURES}::test_another_version_than_the_one_that_is_waited_for_is_told",),
    ),
    Mutation(
        name="a claim that does not say that the traffic has moved",
        file="_engine/hold/memory.py",
        old=("        self.claim = self.now.noted(action.name, now)\n        self._lock.note_all({CLAIM: self.now.text(), **notes})"),
        new=("        self.claim = self.now.noted(action.name, now)\n        self._lock.note_all({**notes})"),
        tests=(f"{_MEMORY}test_killed.py::test_killed_anywhere_the_next_run_ends_as_an_undisturbed_one[blue_green]",),
    ),
    Mutation(
        name="old pods that go before the nodes have followed the switch",
        file="_engine/run/writing.py",
        old=("        if outcome.changed:\n            self._stage.turned()\n        return outcome.changed"),
        new="        return outcome.changed",
        tests=(f"{_TRAFFIC}::test_old_pods_stay_until_the_nodes_have_followed_the_switch",),
    ),
    Mutation(
        name="a Service that somebody has pointed elsewhere taken back",
        file="_engine/run/writing.py",
        old=("        self._refuse_meddling(turn)\n        try:"),
        new="        try:",
        tests=(f"{_TRAFFIC}::test_a_service_that_somebody_points_elsewhere_before_the_switch_stays_there",),
    ),
    Mutation(
        name="trouble of the task taken for a failure of the new version",
        file="_engine/run/scene_track.py",
        old='return StepFailed(error.message, "unable" if unable else "bad")',
        new='return StepFailed(error.message, "bad")',
        tests=(f"{_TRAFFIC}::test_a_task_that_may_not_make_the_candidate_keeps_its_claim",),
    ),
    Mutation(
        name="a switch to pods of which nobody knows whether they are ready",
        file="_engine/run/switch.py",
        old="return unfit(service, request.wanted[name], backends, minimum=minimum, mixed=request.mixed, partial=request.partial)",
        new='return ""',
        tests=(f"{_LEFT_ALONE}::test_pods_that_are_not_ready_get_no_traffic",),
    ),
    Mutation(
        name="a skipped wait for the endpoints after a switch",
        file="_engine/run/switch.py",
        old="missing = self._prove(self._request.wanted, self._request.minimum_of, until_lost=True)",
        new='missing = ""',
        tests=(f"{_TRAFFIC}::test_a_switch_ends_when_the_endpoints_have_followed",),
    ),
    Mutation(
        name="an intent that is stored after the first Service",
        file="_engine/run/switch.py",
        old=("        lock.note(INTENT, plan.intent.text())\n        try:\n            for name, planned in plan.writes.items():"),
        new=("        try:\n            for name, planned in plan.writes.items():"),
        tests=(f"{_TRAFFIC}::test_who_is_killed_between_two_services_has_said_where_it_was_going",),
    ),
    Mutation(
        name="a switch that leaves the other Services where they are when one fails",
        file="_engine/run/switch.py",
        old=("                self._written[name] = self.writer.execute(planned)\n                back[name] = former"),
        new="                back[name] = former",
        tests=(f"{_TRAFFIC}::test_of_two_services_none_stays_switched_where_one_cannot_be",),
    ),
    Mutation(
        name="a rollout without the lock",
        file="_engine/run/in_place.py",
        old="    extents = special.extents(with_theirs(extents_for(plan, ours), plan, outside), plan)\n",
        new="    extents: Extents = {}\n",
        tests=(f"{_LOST}[rolling]", f"{_LOST}[partition]", f"{_LOST}[on_delete]", f"{_LOST}[recreate]"),
    ),
    Mutation(
        name="a template that moves all pods before the first step",
        file="_engine/plan/pod_by_pod.py",
        old=("        # Nothing moves before the first step lowers it.\n        write = planned(after.desired)"),
        new="        write = planned(0)",
        tests=(f"{_LEFT_ALONE}::test_no_pod_moves_before_the_step_that_is_for_it",),
    ),
    Mutation(
        name="a budget that never lets a pod go, found out by waiting",
        file="_engine/plan/pod_by_pod.py",
        old=("    if sentence:\n        raise RefusedError(sentence)"),
        new="    del sentence",
        tests=(f"{_LEFT_ALONE}::test_a_budget_that_never_lets_a_pod_go_is_told_before_the_first_write",),
    ),
    Mutation(
        name="another plan carried out than the one that was approved",
        file="_engine/plan/approval.py",
        old="        raise RefusedError(other_plan(names, found))\n",
        new="        return\n",
        tests=(f"{_APPROVAL}::test_another_plan_is_refused_before_anything_is_written[rolling: another image]",),
    ),
    Mutation(
        name="an approval that hangs on how far the partition has come",
        file="_engine/plan/approval.py",
        old="steps_partition=stepped or stays",
        new="steps_partition=stays",
        tests=(f"{_APPROVAL}::test_what_was_approved_may_be_done_in_parts[partition]",),
    ),
    Mutation(
        name="objects that stay known although a new list lacks them",
        file="_engine/observe/workloads.py",
        old="for uid in self._known(resource, event.namespace) - there:",
        new="for uid in there - self._known(resource, event.namespace):",
        tests=(f"{_UNITS}_engine/test_observer.py",),
    ),
    Mutation(
        name="a refusal that speaks of an earlier generation",
        file="_engine/observe/workloads.py",
        old='return message if generation == workload.generation else ""',
        new="return message",
        tests=(f"{_UNITS}_engine/test_observer.py",),
    ),
    Mutation(
        name="pods that have ended counted as there",
        file="_engine/observe/workloads.py",
        old="(pod for pod in pods if pod.phase not in _ENDED)",
        new="(pod for pod in pods)",
        tests=(f"{_UNITS}_engine/test_observer.py",),
    ),
    Mutation(
        name="an event older than our own write taken for news",
        file="_engine/observe/feed.py",
        old="if answer is not None and _version(obj) < _version(answer):",
        new="if answer is not None and _version(obj) > _version(answer):",
        tests=(f"{_UNITS}_engine/test_feed.py",),
    ),
    Mutation(
        name="a wait that judges what is older than its write",
        file="_engine/wait/course.py",
        old="if snapshot.workload.generation < self._generation:",
        new="if snapshot.workload.generation > self._generation:",
        tests=(f"{_UNITS}_engine/test_course.py",),
    ),
    Mutation(
        name="a pod that is deleted twice while its deletion does not show",
        file="_engine/wait/course.py",
        old=("self.next_pods = pods\n\n    def hold"),
        new=("self.next_pods = pods or tuple(self.replaced)\n\n    def hold"),
        tests=(f"{_UNITS}_engine/test_replacement.py",),
    ),
    Mutation(
        name="a missing look whether another rollout has claimed it",
        file="_engine/hold/claimed.py",
        old="    if not found:\n        return\n    message",
        new="    if len(found) < 2:\n        return\n    message",
        tests=(f"{_LEFT_ALONE}::test_what_a_blue_green_rollout_has_claimed_is_left_alone",),
    ),
    Mutation(
        name="a Service left without pods by a new template",
        file="_engine/plan/emptied.py",
        old=("    if any(sentences):\n        raise RefusedError"),
        new=("    if not sentences and any(sentences):\n        raise RefusedError"),
        tests=(f"{_LEFT_ALONE}::test_a_service_that_a_new_template_would_leave_without_pods_is_in_the_way",),
    ),
    Mutation(
        name="the idle side rolled out as if users got it",
        file="_engine/hold/idle_sides.py",
        old='if serves in ("", ref.name):',
        new="if serves != ref.name:",
        tests=(f"{_LEFT_ALONE}::test_the_side_that_gets_no_requests_is_not_rolled_out_as_if_users_got_it",),
    ),
    Mutation(
        name="a copy of configuration whose content nobody compares",
        file="_engine/config/configuration.py",
        old="    verify(body, live)\n",
        new="",
        tests=(f"{_COPIES}::test_a_copy_with_another_content_than_its_name_says_is_not_used",),
    ),
    Mutation(
        name="a copy removed that an earlier revision still needs",
        file="_engine/config/cleaning.py",
        old="used = own | in_use(_users(namespace, cluster))",
        new="used = own",
        tests=(f"{_COPIES}::test_a_copy_stays_while_a_revision_refers_to_it_and_goes_then",),
    ),
    Mutation(
        name="a young copy removed that somebody is about to use",
        file="_domain/config/use.py",
        old="now - made >= younger_than:",
        new="now - made <= 24 * younger_than:",
        tests=(f"{_COPIES}::test_a_young_copy_stays_as_somebody_may_be_about_to_use_it",),
    ),
    Mutation(
        name="a partition that rises again",
        file="_strategies/partition.py",
        old="isinstance(live, int) and live > self.partition else obj",
        new="isinstance(live, int) else obj",
        tests=(f"{_UNITS}_strategies/test_partition.py::test_a_step_lowers_the_partition_and_never_raises_it",),
    ),
    Mutation(
        name="a step that is done while a pod is not ready",
        file="_strategies/partition.py",
        old="if workload is None or candidate is None or not is_complete(snapshot) or _not_ready(snapshot):",
        new="if workload is None or candidate is None:",
        tests=(f"{_UNITS}_strategies/test_partition.py::test_a_step_is_done_when_its_pods_run_the_template_and_all_are_ready",),
    ),
    Mutation(
        name="an eviction while another pod is away",
        file="_strategies/on_delete.py",
        old="there < workload.desired or not all(pod.ready and not pod.terminating for pod in others):",
        new="there < workload.desired:",
        tests=(f"{_UNITS}_strategies/test_on_delete.py::test_they_go_when_every_other_pod_is_ready",),
    ),
    Mutation(
        name="a portion that goes before the one before it is available",
        file="_strategies/on_delete.py",
        old="return places == portions[0] or _is_counted(kind, snapshot, workload, places)",
        new="return True",
        tests=(f"{_UNITS}_strategies/test_on_delete.py::test_portions_go_one_after_another",),
    ),
    Mutation(
        name="a hold after the step that nothing comes after",
        file="_domain/steps/groups.py",
        old="return (*groups[:-1], replace(groups[-1], measured=False))",
        new="return tuple(groups)",
        tests=(f"{_UNITS}_domain/steps/test_groups.py::test_what_each_step_with_a_share_adds",),
    ),
    Mutation(
        name="fields that a canary has changed and that stay without their owners",
        file="_domain/ownership/formers.py",
        old="left = union(kept, difference(_all_of(own), theirs))",
        new="left = kept",
        tests=("tests/unit/memory/test_canary_owners.py::test_what_was_applied_on_the_server_side_stays_its_managers",),
    ),
    Mutation(
        name="a canary's definition that leaves what it does not name any more",
        file="_engine/plan/canary.py",
        old='kept = mapping(remove({"spec": dict(canary.own)}, settled.removed), "spec")',
        new="kept = canary.own",
        tests=("tests/unit/memory/test_canary_owners.py::test_what_a_definition_that_supersedes_another_does_not_name_goes",),
    ),
    Mutation(
        name="an update strategy that is borrowed and not given back",
        file="_strategies/on_delete.py",
        old="*((_strategy_back(target, workload_of(after), final),) if final else ())",
        new="*(() if final else ())",
        tests=(f"{_UNITS}_strategies/test_on_delete.py",),
    ),
    Mutation(
        name="old pods that go while a Service still leads to them",
        file="_strategies/blue_green.py",
        old="if old is not None and not claim.keep_old and old.desired and not led_to(scene, old):",
        new="if old is not None and not claim.keep_old and old.desired:",
        tests=(f"{_UNITS}_strategies/test_blue_green.py::test_what_a_service_leads_to_is_kept",),
    ),
    Mutation(
        name="traffic that moves before the candidate has its size",
        file="_strategies/blue_green.py",
        old=("        # What serves may have grown since.\n        or _scale_up(rollout, scene)\n"),
        new="",
        tests=(f"{_UNITS}_strategies/test_blue_green.py::test_what_serves_may_grow_between_scaling_up_and_the_switch",),
    ),
    Mutation(
        name="a switch that asks for no more than one ready pod",
        file="_strategies/blue_green.py",
        old='turns(rollout, scene, wanted, "point", minimum=as_many(scene, wanted), partial=False)',
        new='turns(rollout, scene, wanted, "point", minimum={}, partial=False)',
        tests=(f"{_UNITS}_strategies/test_blue_green.py::test_the_switch_asks_for_as_many_ready_pods_as_serve_now",),
    ),
    Mutation(
        name="old pods that go at once where no delay was asked for",
        file="_strategies/blue_green.py",
        old="return max(0.0, rollout.claim.delay - scene.since_switch, draining(scene))",
        new="return max(0.0, rollout.claim.delay - scene.since_switch)",
        tests=(f"{_UNITS}_strategies/test_blue_green.py::test_the_old_pods_stay_until_the_nodes_have_followed_also_without_a_delay",),
    ),
    Mutation(
        name="traffic that returns before what served can carry it",
        file="_strategies/blue_green_back.py",
        old="if first or any(_weaker(rollout, scene, side) for side in rollout.moving):",
        new="if first:",
        tests=(f"{_UNITS}_strategies/test_blue_green_back.py",),
    ),
    Mutation(
        name="a candidate that is deleted while a Service still leads to it",
        file="_strategies/blue_green_back.py",
        old="if workload is None or workload.deleted or led_to(scene, workload):",
        new="if workload is None or workload.deleted:",
        tests=(f"{_UNITS}_strategies/test_blue_green_back.py::test_a_candidate_to_which_a_service_of_somebodys_leads_stays",),
    ),
    Mutation(
        name="pods restarted before the one before is made up for",
        file="_strategies/restart.py",
        old="len(snapshot.pods) >= workload.desired and workload.available >= workload.desired - unready",
        new="len(snapshot.pods) >= workload.desired",
        tests=(f"{_UNITS}_strategies/test_restart.py",),
    ),
    Mutation(
        name="pods that the cluster would not wait for overlooked",
        file="_strategies/recreate.py",
        old="        before=_overlooked,\n",
        new="",
        tests=(f"{_UNITS}_strategies/test_recreate.py",),
    ),
    Mutation(
        name="new pods started beside old ones",
        file="_strategies/recreate.py",
        old="observed(workload) and (not _old_pods(snapshot) or _are_refused(snapshot, workload))",
        new="observed(workload)",
        tests=(f"{_UNITS}_strategies/test_recreate.py::test_old_pods_are_gone_when_none_is_left_that_terminates_either",),
    ),
    Mutation(
        name="a template taken back that somebody has set since",
        file="_domain/steps/edits.py",
        old='if not same_template(mapping(live, "spec", "template"), self.template):',
        new="if live is None:",
        tests=(f"{_UNITS}_strategies/test_undo.py",),
    ),
    Mutation(
        name="a pod of the version that serves deleted as if it were stuck",
        file="_strategies/repair.py",
        old='return repair == "all" or not serves or is_hopeless(pod)',
        new="return True",
        tests=(f"{_UNITS}_strategies/test_repair.py::test_what_goes",),
    ),
    Mutation(
        name="a write that may have happened and may not happen twice, sent again",
        file="_kube/client.py",
        old="not lost.lasting and (repeatable or not lost.sent), lost.sent",
        new="not lost.lasting, lost.sent",
        tests=(f"{_CLIENT}::test_a_patch_that_moves_positions_is_not_sent_twice",),
    ),
    Mutation(
        name="an overtaken write taken for one that was carried out",
        file="_kube/client.py",
        old="if live is not None and happened(live):",
        new="if live is not None:",
        tests=(f"{_CLIENT}::test_a_write_that_was_lost_and_overtaken_is_a_conflict",),
    ),
    Mutation(
        name="a delete without the UID of the very object",
        file="_kube/client.py",
        old='"kind": "DeleteOptions", "preconditions": {"uid": uid}, ',
        new='"kind": "DeleteOptions", ',
        tests=(f"{_ROWS}::test_row[a_delete_is_of_the_very_object]",),
    ),
    Mutation(
        name="an eviction without the UID of the very pod",
        file="_kube/client.py",
        old='"deleteOptions": {"preconditions": {"uid": uid}},',
        new='"deleteOptions": {},',
        tests=(f"{_ROWS}::test_row[an_eviction_is_of_the_very_pod]",),
    ),
    Mutation(
        name="a misspelt field that is dropped in silence",
        file="_kube/client.py",
        old='("fieldValidation", "Strict")',
        new='("fieldValidation", "Ignore")',
        tests=(f"{_CLIENT}::test_each_write_asks_for_misspelt_fields_to_be_refused",),
    ),
    Mutation(
        name="a list without its later pages",
        file="_kube/client.py",
        old=("            if not token:\n                return Page("),
        new=("            if token or not token:\n                return Page("),
        tests=(f"{_CLIENT}::test_a_list_is_read_to_its_last_page",),
    ),
    Mutation(
        name="a watch that is not begun anew when its place is forgotten",
        file="_kube/watch.py",
        old=('            self._version = ""\n        elif status == 401'),
        new=("            pass\n        elif status == 401"),
        tests=(f"{_CLIENT}::test_a_watch_whose_place_is_forgotten_begins_with_a_list",),
    ),
    Mutation(
        name="a watch that forgets how far it was",
        file="_kube/watch.py",
        old='self._version = text(obj, "metadata", "resourceVersion") or self._version',
        new="self._version = self._version",
        tests=(f"{_CLIENT}::test_a_watch_that_ends_goes_on_where_it_was",),
    ),
    Mutation(
        name="a pause shorter than the server asked for",
        file="_kube/retry.py",
        old="delay = max(asked, self._delay * (0.5 + self.chance() / 2))",
        new="delay = self._delay * (0.5 + self.chance() / 2)",
        tests=(f"{_UNITS}_kube/test_retry.py::test_what_the_server_asks_for_is_respected",),
    ),
    Mutation(
        name="a server that was never reached asked to the deadline",
        file="_kube/retry.py",
        old="if status == 0 and not self.reached:",
        new="if status == 0 and self.reached:",
        tests=(f"{_UNITS}_kube/test_retry.py::test_patience_depends_on_what_is_known",),
    ),
    Mutation(
        name="a value of a Secret repeated in a message",
        file="_kube/refusals.py",
        old='shown = _shown(given, got) if not secret else ""',
        new="shown = _shown(given, got)",
        tests=(f"{_UNITS}_kube/test_refusals.py",),
    ),
    Mutation(
        name="a test of a JSON patch that Go spells otherwise",
        file="_kube/encoding.py",
        old='re.compile("[&<>\\u2028\\u2029]")',
        new='re.compile("[<>\\u2028\\u2029]")',
        tests=(f"{_UNITS}_kube/test_encoding.py::test_a_body_is_what_go_writes",),
    ),
    Mutation(
        name="an answer that came too late taken for a request never sent",
        file="_kube/transport.py",
        old='return Lost("no answer in time", sent=True)',
        new='return Lost("no answer in time", sent=False)',
        tests=(f"{_UNITS}_kube/test_transport.py::test_what_may_have_been_sent_and_what_lasts",),
    ),
    Mutation(
        name="a patch of positions taken for one that may be repeated",
        file="_kube/outcome.py",
        old='return not any(step.op in ("add", "remove") and',
        new='return not any(step.op == "remove" and',
        tests=(f"{_UNITS}_kube/test_outcome.py::test_a_patch_that_moves_positions_is_not_repeated",),
    ),
    Mutation(
        name="observedGeneration not looked at",
        file="_domain/workloads/completion.py",
        old=("    if not observed(workload):\n        return pending"),
        new=("    if False:\n        return pending"),
        tests=(
            f"{_UNITS}_domain/workloads/test_completion.py::test_a_generation_that_is_not_observed_says_nothing_about_the_present_spec",
        ),
    ),
    Mutation(
        name="old pods that may still be there at the end",
        file="_domain/kinds/deployment.py",
        old=("if workload.current > workload.updated:\n        old"),
        new=("if workload.current < workload.updated:\n        old"),
        tests=(f"{_UNITS}_domain/workloads/test_completion.py::test_kubectls_rules_apply_in_their_order",),
    ),
    Mutation(
        name="a rollout that is done before its last pod is available",
        file="_domain/kinds/deployment.py",
        old="if workload.available < workload.updated:",
        new="if workload.available + 1 < workload.updated:",
        tests=(f"{_UNITS}_domain/workloads/test_completion.py::test_kubectls_rules_apply_in_their_order",),
    ),
    Mutation(
        name="a secret shown in base64",
        file="_domain/text/masking.py",
        old='forms |= {value, b64encode(raw).decode("ascii").rstrip("="), ',
        new="forms |= {value, ",
        tests=(f"{_UNITS}_domain/text/test_masking.py::test_known_values_are_masked",),
    ),
    Mutation(
        name="a credential in a URL shown",
        file="_domain/text/masking.py",
        old='        (("://",), r"://[^\\s/:@]*:(?P<hide>[^\\s/?#]+)@"),\n',
        new="",
        tests=(f"{_UNITS}_domain/text/test_masking.py::test_what_looks_like_a_credential_is_masked",),
    ),
    Mutation(
        name="managedFields not merged into ours",
        file="_domain/ownership/owners.py",
        old='return replaced(ours, ("fieldsV1",), union(mapping(ours, "fieldsV1"), parts))',
        new="return ours",
        tests=(f"{_UNITS}_domain/ownership/test_owners.py",),
    ),
    Mutation(
        name="fields taken from a controller",
        file="_domain/ownership/owners.py",
        old=("        part = wanted\n    else:\n        return {}"),
        new=("        part = wanted\n    else:\n        part = wanted"),
        tests=(f"{_UNITS}_domain/ownership/test_owners.py",),
    ),
    Mutation(
        name="a gate that passes for want of data",
        file="_domain/gates/judging.py",
        old="if value is None or math.isnan(value):",
        new="if value is None:",
        tests=(f"{_UNITS}_domain/gates/test_judging.py",),
    ),
    Mutation(
        name="a gate that passes without enough measurements",
        file="_domain/gates/judging.py",
        old='return "pass" if self.passed >= max(1, limits.least) else "inconclusive"',
        new='return "pass"',
        tests=(f"{_UNITS}_domain/gates/test_judging.py",),
    ),
    Mutation(
        name="a Service that is taken for another whose name begins alike",
        file="_domain/gates/queries/traefik.py",
        old="-[^-@]+@.+",
        new="-[^@]+@.+",
        tests=(f"{_UNITS}_domain/gates/test_queries.py",),
    ),
    Mutation(
        name="a gate for a Service that leads to nobody, found only when it is measured",
        file="_engine/run/blue_green.py",
        old="return Subject(values, candidates, by_step=by_step)",
        new='return Subject({**values, "candidate_service": active}, candidates)',
        tests=(_GATED,),
    ),
    Mutation(
        name="a hold that ends before its gate can have passed",
        file="_entry/placed_gates.py",
        old="least_seconds(gate) > held.seconds",
        new="least_seconds(gate) > 2 * held.seconds",
        tests=(f"{_UNITS}_entry/test_gates.py",),
    ),
    Mutation(
        name="a text in a query that is taken for its range",
        file="_domain/gates/spans.py",
        old="_RANGE.findall(_QUOTED.sub('\"\"', source.query))",
        new="_RANGE.findall(source.query)",
        tests=(f"{_UNITS}_domain/gates/test_spans.py",),
    ),
    Mutation(
        name="a switch that does not wait for its gates",
        file="_engine/run/scene_track.py",
        old='acted, refusal = (False, "") if unmeasured else self._act(step, scene)',
        new="acted, refusal = self._act(step, scene)",
        tests=(_GATED,),
    ),
    Mutation(
        name="a hold whose gates are only asked when it is over",
        file="_engine/run/scene_track.py",
        old="        if failed is not None:\n",
        new="        if failed is not None and not self._gates.lacking() and not self.last.recheck(scene):\n",
        tests=(_GATED,),
    ),
    Mutation(
        name="a step whose gate is forgotten when a killed run goes on",
        file="_engine/run/run.py",
        old=" or (following is not None and not following.done(snapshot))",
        new="",
        tests=(_GATED_STEPS,),
    ),
    Mutation(
        name="a gate that does not know, and lets the next pods be updated",
        file="_engine/run/run.py",
        old=" or (course.unsure and any(step.pods for step in ahead)):",
        new=":",
        tests=(_GATED_STEPS,),
    ),
    Mutation(
        name="a pod that restarts in a hold, and nobody minds",
        file="_engine/run/scene_track.py",
        old="        if steady and not course.failed:",
        new="        if not steady and not course.failed:",
        tests=(_GATED,),
    ),
    Mutation(
        name="an eviction that is taken for a fault of the version",
        file="_domain/workloads/steadiness.py",
        old='(disrupted is not None and disrupted.status == "True")',
        new='(disrupted is not None and disrupted.status == "")',
        tests=(f"{_UNITS}_domain/workloads/test_steadiness.py",),
    ),
    Mutation(
        name="a verdict that a task which goes on does not replace",
        file="_domain/leases/claim.py",
        old="if (entry.gate, entry.step) not in anew",
        new="if entry.gate not in anew",
        tests=(f"{_UNITS}_domain/leases/test_claim.py",),
    ),
    Mutation(
        name="verdicts that no other task learns of",
        file="_engine/run/staged.py",
        old="self._memory.judge(report.judged(now) for report in new)",
        new="self._memory.judge(())",
        tests=(_GATED,),
    ),
    Mutation(
        name="a gate of a rolling update that begins with the old pods",
        file="_engine/run/run.py",
        old="leg.course.is_seen and is_new and new > 0",
        new="is_new and new > 0",
        tests=(_GATED_ROLLING,),
    ),
    Mutation(
        name="a gate of a rolling update that is not asked once all pods are new",
        file="_engine/outside/gates.py",
        old=" and asked >= watched.settled",
        new="",
        tests=(_GATED_ROLLING,),
    ),
    Mutation(
        name="gates of several workloads that are taken for those of one",
        file="_engine/wait/course_track.py",
        old="outside.gates.apart()",
        new="outside.gates",
        tests=(_GATED_ROLLING,),
    ),
    Mutation(
        name="pods that are named when a gate begins, and never again",
        file="_engine/outside/gates.py",
        old="if gate != watched.gate and not watched.over.is_set():",
        new="if watched.asks is None:",
        tests=(_GATED_ROLLING,),
    ),
    Mutation(
        name="a canary whose stable pods go before the new ones serve",
        file="_strategies/canary_pods.py",
        old="settled = settling(sight, min(reach, sight.total))\n    if settled is not None or reach >= wanted:",
        new="settled = settling(sight, 0)\n    if settled is not None or reach >= wanted:",
        tests=(f"{_CANARY}::test_each_number_of_pods_is_reached_and_none_is_missing_on_the_way[3]",),
    ),
    Mutation(
        name="a canary that is not paused while it is held",
        file="_strategies/canary_pods.py",
        old="paused=True) if not sight.workload.paused else None",
        new="paused=True) if sight.workload.held is None else None",
        tests=(f"{_CANARY}::test_each_number_of_pods_is_reached_and_none_is_missing_on_the_way[3]",),
    ),
    Mutation(
        name="a way back of a canary on which pods are missing",
        file="_strategies/canary_moves.py",
        old="Unpark(canary.own, surge=_missing(sight))",
        new="Unpark(canary.own)",
        tests=(f"{_CANARY}::test_giving_up_starts_as_many_stable_pods_as_were_exchanged_and_none_is_missing[5]",),
    ),
    Mutation(
        name="settings of a canary that stay ours, so that the next apply meets a conflict",
        file="_strategies/canary_moves.py",
        old='(release, Remember(mark, ""))',
        new='(Remember(mark, ""),)',
        tests=(f"{_CANARY}::test_each_number_of_pods_is_reached_and_none_is_missing_on_the_way[3]",),
    ),
    Mutation(
        name="a candidate that gets its weight before its Service has endpoints",
        file="_strategies/canary_routed.py",
        old="    lacking = len(sight.new) - scene.serving(name)\n",
        new="    lacking = 0\n",
        tests=(f"{_MEMORY}test_canary_routed.py::test_its_weight_comes_when_its_service_has_endpoints",),
    ),
    Mutation(
        name="Services that are pinned after the candidate's first pod",
        file="_strategies/canary_routed.py",
        old="    return pins or written(",
        new="    return written(",
        tests=(f"{_MEMORY}test_canary_routed.py",),
    ),
    Mutation(
        name="stable pods that go before the routes are as they were",
        file="_strategies/canary_routed.py",
        old="return _routes_back(way, RETURNED, scene) or _unparked(way, sight)",
        new="return _unparked(way, sight)",
        tests=(f"{_MEMORY}test_canary_routed.py",),
    ),
    Mutation(
        name="pods that go while routers have not followed yet",
        file="_strategies/canary_routed.py",
        old="left = max(0.0, way.routing.delay - scene.since[mark])",
        new="left = 0.0",
        tests=(f"{_MEMORY}test_canary_routed.py::test_pods_that_had_requests_stay_until_routers_have_followed",),
    ),
    Mutation(
        name="a gate of a canary that is measured before the candidate has its share",
        file="_engine/run/scene_track.py",
        old="if not self._unmeasured_yet or not step.measured(scene):",
        new="if not self._unmeasured_yet:",
        tests=(f"{_MEMORY}test_canary_gated.py",),
    ),
    Mutation(
        name="a gate of a canary that is not measured where the time of its step is over",
        file="_engine/run/scene_track.py",
        old="if step.only_time or step.measures_anew or step.lacking(scene):",
        new="if step.only_time or step.lacking(scene):",
        tests=(f"{_MEMORY}test_canary_gated.py",),
    ),
    Mutation(
        name="a canary that somebody else's template goes on with",
        file="_strategies/canary.py",
        old='return Meddling(canary.ref, "was given another template", _TEMPLATE) if begun or not canary.former else None',
        new="return None",
        tests=(f"{_CANARY}::test_whatever_somebody_does_while_it_is_held_the_next_task_ends_it_right",),
    ),
    Mutation(
        name="a gate's Job that stays",
        file="_engine/gates/gate_job.py",
        old="        if not uid:\n            return\n",
        new="        if uid:\n            return\n",
        tests=(f"{_MEMORY}test_gate.py",),
    ),
    Mutation(
        name="other Services of a rule that lose their share where the numbers do not divide",
        file="_domain/traffic/routes.py",
        old="exact = [weight * factor if part is None else",
        new="exact = [weight if part is None else",
        tests=(f"{_ROUTES}::test_services_share_what_they_have_together",),
    ),
    Mutation(
        name="a Service that shall have a small part of the requests and gets none",
        file="_domain/traffic/routes.py",
        old="shares = [max(1, had * part // whole) if part else 0 for part in parts]",
        new="shares = [had * part // whole for part in parts]",
        tests=(f"{_ROUTES}::test_where_the_router_takes_no_higher_weight_they_are_the_nearest",),
    ),
    Mutation(
        name="shares of other Services that are rounded where they can be exact",
        file="_domain/traffic/routes.py",
        old="scale = Fraction(math.floor(scale)) if scale >= 1 else scale",
        new="scale = Fraction(scale)",
        tests=(f"{_ROUTES}::test_where_the_router_takes_no_higher_weight_they_are_the_nearest",),
    ),
    Mutation(
        name="branches of others that go when a route is given back",
        file="_domain/traffic/routes.py",
        old="return replace(rule, branches=(*before, *added)) if before or added else rule",
        new="return replace(rule, branches=(*before,)) if before or added else rule",
        tests=(f"{_ROUTES}::test_branches_that_somebody_has_added_stay",),
    ),
    Mutation(
        name="a rule of a route that is left without any branch",
        file="_domain/traffic/routes.py",
        old="return replace(rule, branches=(*before, *added)) if before or added else rule",
        new="return replace(rule, branches=(*before, *added))",
        tests=(f"{_ROUTES}::test_a_rule_of_which_nothing_would_be_left_stays_as_it_is",),
    ),
    Mutation(
        name="an Ingress whose total stays when its weight is of another one",
        file="_routers/ingress_nginx.py",
        old="rest = _total(canary + rest, texts(obj, *_PLACE).get(_TOTAL))",
        new="rest = texts(obj, *_PLACE).get(_TOTAL)",
        tests=(f"{_UNITS}_routers/test_ingress_nginx.py::test_the_annotations_say_the_new_share",),
    ),
    Mutation(
        name="a destination of Istio with the subset of another host",
        file="_routers/istio.py",
        old='{**without(mapping(entry, "destination"), "subset"), "host"',
        new='{**mapping(entry, "destination"), "host"',
        tests=(f"{_UNITS}_routers/test_istio.py::test_a_new_branch_is_spelled_like_the_first_and_has_no_subset",),
    ),
    Mutation(
        name="a Gateway that is not waited for until it has the route as it is now",
        file="_routers/gateway_api.py",
        old='if number(found, "observedGeneration") < generation:',
        new='if number(found, "observedGeneration") < 0:',
        tests=(f"{_UNITS}_routers/test_gateway_api.py::test_a_route_is_accepted_when_all_who_had_accepted_it_have_its_generation",),
    ),
)


def rows() -> Iterator[str]:
    """The table as lines of Markdown."""
    yield "| the fault | in | is found by, below `tests/unit` |"
    yield "|---|---|---|"
    for mutation in MUTATIONS:
        tests = "<br>".join(f"`{test.removeprefix('tests/unit/').replace('plugins/module_utils/', '')}`" for test in mutation.tests)
        yield f"| {mutation.name} | `{mutation.file}` | {tests} |"
