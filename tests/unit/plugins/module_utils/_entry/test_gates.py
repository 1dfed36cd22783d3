# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of a gate ask for, what is refused of them, and what nobody may see."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.gate import (
    Bounds,
    Http,
    JobRun,
    Limits,
    Placed,
    Pods,
    Prometheus,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.gates import (
    gate_of,
    gate_secrets,
    needs_no_cluster,
    redacted_gate,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.numbers import in_numbers
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.placed_gates import placed_gates, warnings_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.shares import shares_of

P = {"url": "http://prometheus:9090", "query": "errors"}


def parameters(**options: Any) -> dict[str, Any]:
    """The options as the module gets them."""
    its = ARGUMENTS["gate"]
    validated = ArgumentSpecValidator(its.spec, **its.checks).validate({"name": "errors", **options})
    assert validated.error_messages == []
    return in_numbers(its.spec, validated.validated_parameters)


def test_what_is_asked_and_what_passes() -> None:
    found = gate_of(
        parameters(
            prometheus={**P, "range": "5m", "step": 15, "bearer_token": "t0ken", "timeout": "3s"},
            min=0,
            max="0.01",
            baseline={"query": "b", "max_ratio": 1.2},
            each="any",
            min_samples={"query": "n", "min": 50},
            interval="1m",
            count=6,
            initial_delay=30,
            failure_limit=1,
            error_limit=2,
            inconclusive_limit=0,
            on_no_data="ignore",
            min_count=3,
            dry_run=True,
        )
    )
    source = found.source
    assert isinstance(source, Prometheus)
    assert (source.query, source.baseline, source.samples, source.least_samples, source.range, source.step) == (
        "errors",
        "b",
        "n",
        50,
        300,
        15,
    )
    assert (dict(source.access.headers), source.access.timeout) == ({"Authorization": "Bearer t0ken"}, 3)
    assert found.bounds == Bounds(0, 0.01, 1.2, None, all_series=False)
    assert found.limits == Limits(60, 6, 30, failures=1, errors=2, inconclusive=0, no_data="ignore", least=3)
    assert found.dry_run


M = {"url": "http://prometheus:9090", "metric": "error_ratio", "source": "istio"}


def test_a_metric_makes_its_queries() -> None:
    found = gate_of(parameters(prometheus=M, max=0.01, baseline={"max_ratio": 2}, min_samples={"min": 50})).source
    assert isinstance(found, Prometheus)
    assert (found.metric, found.least_samples, found.query.count("[1m]")) == ("error_ratio of istio", 50, 2)
    assert found.query.count("$candidate_pods") == 2
    assert found.baseline == found.query.replace("$candidate_pods", "$stable_pods")
    assert found.samples.startswith("sum(increase(istio_requests_total{")


def test_a_metric_may_look_back_further_and_at_a_service_and_be_compared_with_what_somebody_has_written() -> None:
    its = {**M, "service": "web", "window": "5m"}
    found = gate_of(parameters(prometheus=its, baseline={"query": "b", "max_ratio": 2}, min_samples={"query": "n", "min": 1})).source
    assert isinstance(found, Prometheus)
    assert (found.baseline, found.samples, found.query.count("[5m]")) == ("b", "n", 2)
    assert 'destination_service_name="web"' in found.query


@pytest.mark.parametrize(
    ("its", "words"),
    [
        ({"query": None}, "one of the following is required: query, metric found in prometheus"),
        ({"metric": "p95", "source": "istio"}, "parameters are mutually exclusive: query|metric found in prometheus"),
        ({"query": None, "metric": "p95"}, "parameters are required together: metric, source found in prometheus"),
        ({"window": "5m"}, "missing parameter(s) required by 'window': metric"),
        ({"service": "web"}, "missing parameter(s) required by 'service': metric"),
    ],
)
def test_a_query_is_written_or_made(its: dict[str, Any], words: str) -> None:
    spec = ARGUMENTS["gate"]
    given = {name: value for name, value in {**P, **its}.items() if value is not None}
    assert words in " ".join(
        ArgumentSpecValidator(spec.spec, **spec.checks).validate({"name": "errors", "prometheus": given}).error_messages
    )


def placed(*entries: dict[str, Any], module: str = "partition", **options: Any) -> list[Placed]:
    """The gates of a rollout as a module gets them."""
    its = ARGUMENTS[module]
    validated = ArgumentSpecValidator(its.spec, **its.checks).validate(
        {"name": "web", "namespace": "shop", "gates": list(entries), **options}
    )
    assert validated.error_messages == []
    return read(in_numbers(its.spec, validated.validated_parameters), module)[0]


def read(given: dict[str, Any], module: str) -> tuple[list[Placed], list[str]]:
    """The gates of a rollout, and what is to be said of them."""
    weights = ARGUMENTS[module].weights
    holds = [(share.name, share.hold) for share in shares_of(given, weights)] if weights is not None else []
    found = placed_gates(given, holds)
    return list(found), warnings_of(given, found, holds, same_names=module in ("partition", "on_delete"))


@pytest.mark.parametrize("module", ["partition", "on_delete"])
@pytest.mark.parametrize(
    ("its", "words"),
    [
        (
            {**M, "source": "traefik"},
            "gates[0].prometheus.service for the Service as a whole, or source: istio.",
        ),
        (
            {**P, "query": "$candidate_service"},
            "$candidate_pods.",
        ),
    ],
)
def test_where_both_versions_have_one_service_nobody_may_ask_for_its_own(module: str, its: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as refusal:
        placed({"name": "errors", "prometheus": its, "max": 1}, module=module)
    asks = "error_ratio of traefik" if "metric" in its else "it"
    needed = f"{asks} needs $candidate_service, and here the pods of both versions are behind the same Services"
    assert refusal.value.message == f"gates[0] cannot be measured: {needed}; give {words}"


@pytest.mark.parametrize(
    ("module", "options", "limits", "where"),
    [
        ("partition", {"hold": "30s"}, {"initial_delay": "31s"}, "in the hold: 1 measurement after an initial_delay of 31 s take 31 s"),
        ("on_delete", {"hold": 19}, {"count": 3, "min_count": 3}, "in the hold: 3 measurements after an initial_delay of 0 s take 20 s"),
        ("blue_green", {}, {"initial_delay": "31s"}, "before scale_down: 1 measurement after an initial_delay of 31 s take 31 s"),
        (
            "canary",
            {"steps": [{"weight": 10, "hold": "2m"}, {"weight": 50, "hold": "20s"}]},
            {"initial_delay": "21s"},
            "in the hold: 1 measurement after an initial_delay of 21 s take 21 s",
        ),
    ],
)
def test_a_hold_that_ends_before_a_gate_can_have_passed_is_refused(
    module: str, options: dict[str, Any], limits: dict[str, Any], where: str
) -> None:
    with pytest.raises(InputError, match=re.escape(f"gates[0] cannot pass {where}, and the hold lasts")) as refusal:
        placed({"name": "errors", "pods": {}, **limits}, module=module, **options)
    assert refusal.value.message.endswith("give a longer scale_down_delay." if module == "blue_green" else "give a longer hold.")


@pytest.mark.parametrize(
    ("module", "options", "limits"),
    [
        ("partition", {"hold": "30s"}, {"initial_delay": "30s"}),
        ("partition", {}, {"initial_delay": "10m"}),
        ("on_delete", {"hold": 20}, {"count": 9, "min_count": 3}),
        ("canary", {"hold": "1m"}, {"initial_delay": "60s"}),
        ("canary", {"hold": 0}, {"initial_delay": "60s"}),
        ("blue_green", {"scale_down_delay": 0}, {"initial_delay": "31s", "before": ["switch"]}),
    ],
)
def test_a_gate_that_can_pass_in_time_is_taken(module: str, options: dict[str, Any], limits: dict[str, Any]) -> None:
    assert len(placed({"name": "errors", "pods": {}, **limits}, module=module, **options)) == 1


def test_a_gate_of_one_step_has_the_hold_of_that() -> None:
    late = {"name": "errors", "pods": {}, "initial_delay": "30s"}
    steps: list[dict[str, Any]] = [{"weight": 10, "hold": "20s"}, {"weight": 50, "hold": "1m", "gates": [dict(late)]}]
    assert len(placed(module="canary", steps=steps)) == 1
    steps[0]["gates"] = [dict(late)]
    with pytest.raises(InputError, match=re.escape("steps[0].gates[0] cannot pass in the hold:")) as refusal:
        placed(module="canary", steps=steps)
    assert refusal.value.message.endswith("give a longer steps[0].hold.")


LONG = {"query": "sum(rate(requests_total[5m]))"}


@pytest.mark.parametrize(
    ("module", "options", "its", "said"),
    [
        ("partition", {"hold": "1m"}, LONG, "the last 300 s, and hold is 60 s: each of its values also holds what was before the step."),
        ("on_delete", {}, LONG, "the last 300 s, and there is no hold:"),
        ("partition", {"hold": "5m"}, LONG, ""),
        ("partition", {"hold": "1m"}, {"query": "errors", "range": "2m"}, "the last 120 s, and hold is 60 s"),
        ("partition", {"hold": "1m"}, {"query": 'rate(r{pod=~"$candidate_pods"}[5m])'}, "the last 300 s"),
        ("partition", {"hold": "1m"}, {"query": 'rate(r{hash="$candidate_hash"}[5m])'}, ""),
        ("blue_green", {}, LONG, "the last 300 s, and scale_down_delay is 30 s"),
        ("blue_green", {}, {"query": 'rate(r{pod=~"$candidate_pods"}[5m])'}, ""),
        ("blue_green", {"before": ["switch"]}, LONG, ""),
        ("blue_green", {"scale_down_delay": 0}, LONG, "the last 300 s, and there is no hold"),
        ("promote", {}, LONG, ""),
        ("canary", {}, LONG, "the last 300 s, and hold is 60 s"),
        ("canary", {"hold": "5m"}, LONG, ""),
        ("canary", {}, {"query": 'rate(r{pod=~"$candidate_pods"}[5m])'}, ""),
    ],
)
def test_a_gate_that_looks_back_further_than_the_hold_is_warned_of(
    module: str, options: dict[str, Any], its: dict[str, Any], said: str
) -> None:
    options = dict(options)
    before = {"before": options.pop("before")} if "before" in options else {}
    spec = ARGUMENTS[module]
    gate = {"name": "errors", "prometheus": {"url": P["url"], **its}, "max": 1, **before}
    validated = ArgumentSpecValidator(spec.spec, **spec.checks).validate({"name": "web", "namespace": "shop", "gates": [gate], **options})
    assert validated.error_messages == []
    given = in_numbers(spec.spec, validated.validated_parameters)
    found = read(given, module)[1]
    assert [entry.startswith("Gate errors asks for ") and said in entry for entry in found] == ([True] if said else [])


@pytest.mark.parametrize("its", [M, {**M, "source": "traefik", "service": "web"}, {**P, "query": "$candidate_pods"}])
def test_pods_and_a_whole_service_can_be_asked_for_everywhere(its: dict[str, Any]) -> None:
    assert [found.gate.name for found in placed({"name": "errors", "prometheus": its, "max": 1})] == ["errors"]


def test_each_source_has_its_own_form() -> None:
    http = gate_of(parameters(http={"url": "https://shop.example/", "username": "u", "password": "p", "status": ["2xx", "404"]})).source
    assert isinstance(http, Http)
    assert (http.status, http.access.headers["Authorization"]) == (((200, 299), (404, 404)), "Basic dTpw")
    job = gate_of(parameters(job={"image": "x", "env": {"A": 1, "B": None}, "wait_timeout": "30s"})).source
    assert isinstance(job, JobRun)
    assert (job.env, job.seconds) == ({"A": "1"}, 30)
    assert gate_of(parameters(pods={"restarts": 2})).source == Pods(restarts=2)
    ranged = gate_of(parameters(prometheus={**P, "range": "5m"}, max=1)).source
    assert isinstance(ranged, Prometheus)
    assert ranged.step == 15


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"prometheus": P}, "min, max or baseline is missing: without a bound each value would pass."),
        ({"prometheus": {**P, "query": "$pod"}, "max": 1}, "prometheus.query holds $pod, which is not known;"),
        ({"prometheus": P, "max": 1, "baseline": {"query": "$", "max_ratio": 1}}, "baseline.query holds a lone $;"),
        ({"prometheus": P, "baseline": {"max_ratio": 1}}, "baseline.query is missing: only for a metric the query is made."),
        ({"prometheus": P, "max": 1, "min_samples": {"min": 1}}, "min_samples.query is missing: only for a metric the query is made."),
        (
            {"prometheus": {**M, "service": "web"}, "baseline": {"max_ratio": 1}},
            "baseline.query is missing: prometheus.service asks for all requests to web, so there is no version before to compare with;",
        ),
        ({"prometheus": {**M, "service": "a/b"}, "max": 1}, "prometheus.service"),
        ({"prometheus": P, "max": 1, "min_samples": {"query": "$x", "min": 1}}, "min_samples.query holds $x,"),
        (
            {"prometheus": {**P, "range": 10, "step": 20}, "max": 1},
            "prometheus.step must be more than 0 and at most the range of 10 s, not 20.",
        ),
        ({"prometheus": {**P, "url": "prometheus:9090"}, "max": 1}, "prometheus.url must be an address such as"),
        ({"prometheus": {**P, "url": "http://u:hush@p"}, "max": 1}, "prometheus.url holds a user or password,"),
        ({"prometheus": {**P, "timeout": 0}, "max": 1}, "prometheus.timeout must be more than 0."),
        (
            {"prometheus": {**P, "headers": {"authorization": "x"}, "bearer_token": "y"}, "max": 1},
            "prometheus.headers holds Authorization, and so do bearer_token and username; leave one of them out.",
        ),
        (
            {"prometheus": {**P, "bearer_token": "hush\n"}, "max": 1},
            "bearer_token or password: the value of Authorization holds a line break",
        ),
        ({"prometheus": P, "min": 2, "max": 1}, "min is 2 and max 1: no value is between them."),
        ({"prometheus": P, "max": 1, "min_count": 2}, "min_count is 2 and count 1: so many can never pass."),
        ({"prometheus": P, "max": 1, "count": 2, "interval": 0}, "interval must be more than 0 for more than one measurement."),
        ({"prometheus": P, "max": 1, "name": "a;b"}, "name must be a short word or two,"),
        ({"http": {"url": "http://x", "json": "data.ok"}}, "http.json must be a path such as $.data.ok"),
        ({"http": {"url": "http://x"}, "max": 1}, "min and max need http.json,"),
        ({"http": {"url": "http://x", "body": "x"}}, "http.body cannot be sent by GET; take method: POST or PUT."),
        ({"http": {"url": "http://x", "json": "$", "method": "HEAD"}}, "http.json looks into the body, and an answer to HEAD has none;"),
        ({"http": {"url": "http://x", "status": ["ok"]}}, "http.status must hold numbers, ranges or classes"),
        (
            {"http": {"url": "http://x"}, "baseline": {"query": "x", "max_ratio": 1}},
            "baseline holds a query, which only a gate with prometheus can ask.",
        ),
        ({"job": {"image": " "}}, "job.image is empty."),
        ({"job": {"image": "x", "env": {"A B": "1"}}}, "job.env holds 'A B', which is no name of a variable."),
        ({"job": {"image": "x", "env": {"A": "$B"}}}, "job.env.A holds $B, which is not known;"),
        ({"job": {"image": "x"}, "min": 1}, "min and max are bounds of a value, and a gate with job has none; leave them out."),
        ({"pods": {}, "max": 1}, "min and max are bounds of a value, and a gate with pods has none; leave them out."),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)) as refusal:
        gate_of(parameters(**options))
    assert "hush" not in refusal.value.message


@pytest.mark.parametrize("option", ["max_ratio", "max_difference"])
def test_a_baseline_s_bound_below_nothing_is_refused(option: str) -> None:
    with pytest.raises(InputError, match=f"baseline.{option} must be at least 0"):
        parameters(prometheus=P, baseline={"query": "b", option: -1})


@pytest.mark.parametrize(
    ("options", "alone"),
    [
        ({"prometheus": P, "max": 1}, True),
        ({"http": {"url": "http://x"}}, True),
        ({"prometheus": {**P, "query": "$namespace $name"}, "max": 1, "namespace": "shop", "workload": "web"}, True),
        ({"prometheus": {**P, "query": "$namespace"}, "max": 1}, False),
        ({"prometheus": {**P, "query": "$candidate_pods"}, "max": 1, "workload": "web"}, False),
        ({"pods": {}}, False),
        ({"job": {"image": "x"}}, False),
    ],
)
def test_a_gate_that_asks_nothing_of_the_cluster_needs_none(options: dict[str, Any], alone: bool) -> None:
    assert needs_no_cluster(parameters(**options)) is alone


def test_tokens_passwords_and_headers_are_hidden() -> None:
    given = parameters(
        prometheus={
            **P,
            "url": "http://p:9090/x?y=z",
            "username": "user",
            "password": "c0rrect",
            "headers": {"X-Api-Key": "h0rse-battery"},
        },
        max=1,
    )
    assert gate_secrets(given) == {"c0rrect", "dXNlcjpjMHJyZWN0", "h0rse-battery"}
    shown = str(redacted_gate(given))
    assert not [secret for secret in ("c0rrect", "h0rse", "y=z") if secret in shown]
    job = parameters(job={"image": "x", "env": {"PASSWORD": "st4ple-battery"}})
    assert gate_secrets(job) == {"st4ple-battery"}
    assert "st4ple" not in str(redacted_gate(job))
    assert gate_secrets(None) == set()
