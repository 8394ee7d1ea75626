"""The way from silver to readers, which several DAGs share: facts, scores, marts, views, and the release."""

from __future__ import annotations

from typing import Any

from airflow.sdk import TaskGroup

from biz_insights.dag.gold_groups import gold_layer, views
from biz_insights.dag.release_group import create_reader_views, switch_release
from biz_insights.dag.scores_group import scores
from biz_insights.dag.templates import PROCESS_DATE
from biz_insights.gold.definition import tables_of
from biz_schema.score_inputs import SCORE_INPUTS
from biz_schema.score_tables import SCORE_TABLES


def gold_flow(before: Any, broken: Any, snapshot_at: str | None = None) -> Any:
    """Build what has to be built again after a change of silver or of gold, and release it.

    The DAG has a task `extract.resolve_process_date`, and the lease on the lake.

    Args:
        before: the group or task after which gold is planned.
        broken: result of `lake.check_files`: the partitions by table whose files were lost.
        snapshot_at: when the run took its snapshot of the source; None for a DAG that takes none.

    Returns:
        The task that moves readers to the release.
    """
    with TaskGroup("facts", tooltip="Aggregates by day that every mart reads") as facts_layer:
        facts = gold_layer(tables_of("facts"), {})
    with TaskGroup("scores", tooltip="Predictions for each customer, with back-tests") as scores_layer:
        scores()
    with TaskGroup("marts", tooltip="The marts, as of the day") as marts_layer:
        gold_layer(tables_of("marts"), {**facts, **dict.fromkeys(SCORE_TABLES, scores_layer)})
    with TaskGroup("release", tooltip="All readers move to the new state in one step"):
        reader_views = create_reader_views(PROCESS_DATE)
        switched = switch_release(PROCESS_DATE, broken, snapshot_at=snapshot_at)
    with TaskGroup("views", tooltip="Views over facts and marts") as views_layer:
        views()
    before >> facts_layer
    # The scores read few facts, and few marts read the scores, so other tables do not wait for the slowest job.
    [facts[table] for table in SCORE_INPUTS] >> scores_layer
    [before, facts_layer, scores_layer, marts_layer] >> reader_views >> views_layer >> switched
    return switched
