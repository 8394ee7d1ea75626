"""Names of what a run creates: valid in each service, and new with every try."""

import re

from biz_insights.identity import attempt_name, attempt_pattern, candidate_name, fingerprint, run_slug

RUN = "manual__2024-02-18T03:00:00.123456+00:00"


def test_an_attempt_name_is_a_valid_rds_identifier_and_changes_with_the_try():
    first, second = attempt_name(RUN, "2024-02-17", 1), attempt_name(RUN, "2024-02-17", 2)
    assert first != second
    assert re.fullmatch(r"[a-z](-?[a-z0-9])*", first)
    assert len(first) <= 60
    assert first.startswith("bi-20240217-")


def test_attempts_of_two_runs_differ():
    assert attempt_name(RUN, "2024-02-17", 1) != attempt_name(RUN + "x", "2024-02-17", 1)


def test_a_pattern_fits_the_tries_of_its_run_only():
    pattern = attempt_pattern(RUN)
    assert pattern.fullmatch(attempt_name(RUN, "2024-02-17", 1)) and pattern.fullmatch(
        attempt_name(RUN, "2023-01-01", 12)
    )
    assert not pattern.fullmatch(attempt_name(RUN + "x", "2024-02-17", 1))
    assert not pattern.fullmatch(f"{attempt_name(RUN, '2024-02-17', 1)}-copy")


def test_candidates_of_two_tries_and_parts_differ():
    names = {candidate_name("gold_x", RUN, t, p) for t in (1, 2) for p in (None, 0, 1)}
    assert len(names) == 6
    assert all(re.fullmatch(r"gold_x__[0-9a-f]{8}_t\d(_p\d)?", name) for name in names)


def test_a_run_slug_is_one_path_segment():
    assert run_slug(RUN) == "manual-2024-02-18t03-00-00-123456-00-00"


def test_a_fingerprint_depends_on_where_the_parts_are_split():
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert fingerprint("a", "b") == fingerprint("a", "b")
