"""Figures of several roles become one exposition that Prometheus' own parser understands."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from antiphon import metrics
from antiphon.assembly.exposition import merged


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_sample_says_whose_it_is() -> None:
    told = {
        "calls": '# HELP a_b words\n# TYPE a_b gauge\na_b{x="1"} 2.0\na_b{x="2"} 3.0\n',
        "api": "# HELP a_b words\n# TYPE a_b gauge\na_b 5.0\n",
    }
    text = merged(told)
    assert text.count("# TYPE a_b gauge") == 1
    assert samples(text) == {
        ("a_b", (("role", "calls"), ("x", "1"))): 2.0,
        ("a_b", (("role", "calls"), ("x", "2"))): 3.0,
        ("a_b", (("role", "api"),)): 5.0,
    }


def test_a_role_that_told_nothing_is_left_out() -> None:
    assert merged({"calls": ""}) == "\n"


def test_what_every_role_counts_is_understood() -> None:
    for role in ("api", "calls", "devices", "worker"):
        found = {family.name: family.type for family in text_string_to_metric_families(metrics.exposition(role))}
        own = [metric for metric in metrics.CATALOGUE if role in metric.roles]
        assert own
        for metric in own:
            assert found[metric.name.removesuffix("_total")] == metric.kind


def test_what_was_counted_is_shown() -> None:
    metrics.LOOP_LAG.observe(0.004)
    shown = samples(merged({"worker": metrics.exposition("worker")}))
    assert shown["antiphon_loop_lag_seconds_bucket", (("le", "0.005"), ("role", "worker"))] >= 1


def test_a_role_shows_only_what_it_counts() -> None:
    assert "antiphon_part_up" in metrics.exposition("worker")
    assert "antiphon_part_up" not in metrics.exposition("calls")


def test_a_reading_that_is_gone_is_not_shown_any_more() -> None:
    metrics.PART_DOWN_SINCE.put({("kamailio",): 1.0})
    assert 'antiphon_part_down_since_seconds{part="kamailio"} 1.0' in metrics.exposition("worker")
    metrics.PART_DOWN_SINCE.put({})
    assert "antiphon_part_down_since_seconds{" not in metrics.exposition("worker")
