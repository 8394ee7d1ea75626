"""The whole pipeline on small files: what it publishes, and what it leaves alone. Tests run in file order."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from biz_insights.gold.definition import gold_tables, tables_of
from biz_schema.source_tables import SOURCE_TABLES
from tests.integration.conftest import PROCESS_DATE
from tests.integration.expected_totals import ExpectedTotals, expected_totals

pytestmark = pytest.mark.usefixtures("first_run")

SOURCE_NAMES = {table.name for table in SOURCE_TABLES}
CENT = Decimal("0.01")


def cents(value) -> Decimal:
    return Decimal(value).quantize(CENT)


@pytest.fixture(scope="session")
def expected(source) -> ExpectedTotals:
    return expected_totals(source, PROCESS_DATE)


def test_the_chain_s_totals_are_the_expected_ones(laptop, expected):
    ((gross, discount, refunds, net, orders),) = laptop.query(
        "SELECT sum(gross_sales), sum(discount_amount), sum(refund_amount), sum(net_sales), sum(orders) "
        "FROM gold_daily_sales_by_store"
    )
    assert cents(net) == cents(expected.net_sales)
    assert cents(gross) == cents(expected.gross_sales)
    assert cents(discount) == cents(expected.discount_amount)
    assert cents(refunds) == cents(expected.refund_amount)
    assert discount > 0 and refunds > 0
    assert orders == expected.orders


def test_every_store_s_totals_agree(laptop, expected):
    found = laptop.query(
        "SELECT restaurant_id, sum(net_sales), sum(orders) FROM gold_daily_sales_by_store GROUP BY restaurant_id"
    )
    assert {store: cents(net) for store, net, _ in found} == {s: cents(n) for s, n in expected.net_by_store.items()}
    assert {store: orders for store, _, orders in found} == expected.orders_by_store


def test_every_month_s_net_sales_agree(laptop, expected):
    found = laptop.query(
        "SELECT date_format(order_date, '%Y-%m'), sum(net_sales) FROM gold_daily_sales_by_store GROUP BY 1"
    )
    assert {month: cents(net) for month, net in found} == {m: cents(n) for m, n in expected.net_by_month.items()}
    assert len(found) > 20


def test_every_mart_that_carries_sales_adds_up_to_them(laptop, expected):
    ((customers, net),) = laptop.query(
        "SELECT count(DISTINCT app_name || '/' || user_id), sum(net_sales) FROM mart_customer_lifetime_value"
    )
    assert customers == expected.customers
    ((of_customers,),) = laptop.query("SELECT sum(net_sales) FROM gold_customer_day")
    assert cents(net) == cents(of_customers)


def test_quarantined_rows_and_their_reasons_are_the_expected_ones(laptop, expected):
    found = dict(laptop.query("SELECT source_table, count(*) FROM quarantine GROUP BY 1"))
    assert {table: found.get(table, 0) for table in expected.quarantined} == expected.quarantined
    reasons = dict(
        laptop.query("SELECT reason, count(*) FROM quarantine CROSS JOIN UNNEST(reasons) AS t (reason) GROUP BY 1")
    )
    assert reasons == dict(expected.reasons)


def test_the_ledger_accounts_for_every_source_row(laptop, expected):
    found = laptop.query(
        "SELECT source_table, database_rows_min, database_rows_max, source_rows, accepted_rows, quarantined_rows "
        "FROM row_ledger"
    )
    assert {row[0] for row in found} == SOURCE_NAMES
    for table, least, most, rows, accepted, quarantined in found:
        assert least == most == rows == accepted + quarantined
        if table in expected.source_rows:
            assert rows == expected.source_rows[table]


def test_the_ledger_accounts_for_the_money_and_says_what_negative_lines_were(laptop, first_run, expected):
    ((source, accepted, quarantined, rule, negative, explained),) = laptop.query(
        "SELECT source_amount, accepted_amount, quarantined_amount, negative_lines_rule, negative_lines, "
        "negative_lines_explained FROM row_ledger WHERE source_table = 'order_items'"
    )
    assert (source, quarantined) == (expected.source_amount, expected.quarantined_amount)
    assert source == accepted + quarantined and quarantined > 0
    assert (rule, explained) == ("refund", negative) and negative > 20
    assert f"{negative:,} negative lines are counted as refunds" in first_run.stdout
    assert f"{cents(expected.refund_amount):,} refunded" in first_run.stdout


def test_a_quarantined_row_has_its_raw_text(laptop):
    found = laptop.query("SELECT raw FROM quarantine WHERE source_table = 'order_items'")
    raw = [json.loads(text) for (text,) in found]
    assert any(Decimal(row["item_price"]) == Decimal("4.39") and row["item_quantity"] == "0" for row in raw)


def test_no_order_is_lost_for_want_of_a_calendar_row(laptop, expected):
    ((trend_net,),) = laptop.query(
        "SELECT sum(net_sales) FROM mart_sales_trends WHERE level = 'chain' AND period_type = 'day'"
    )
    assert cents(trend_net) == cents(expected.net_sales)


def test_every_order_date_has_one_row_in_the_calendar(laptop):
    found = laptop.query(
        "SELECT days.order_date FROM (SELECT DISTINCT order_date FROM silver_order_items) AS days "
        "LEFT JOIN silver_date_dim ON calendar_date = days.order_date GROUP BY 1 HAVING count(calendar_date) <> 1"
    )
    assert found == []
    ((source, holidays),) = laptop.query(
        "SELECT count_if(NOT is_generated), count_if(is_generated AND is_holiday AND holiday_name IS NOT NULL) "
        "FROM silver_date_dim"
    )
    assert source == 365 and holidays >= 20


def test_the_settings_were_compared_with_the_data(laptop):
    found = laptop.query(
        "SELECT rule_name, success, json_extract_scalar(observed, '$[0].night_share') IS NOT NULL, "
        "json_extract_scalar(observed, '$[0].supported_basis') "
        "FROM data_quality_results WHERE observed LIKE '%contradicts_setting%' ORDER BY checked_at, rule_name LIMIT 2"
    )
    assert found == [
        ("orders_keep_the_hours_of_the_time_zone", True, True, None),
        ("prices_fit_the_price_basis", True, False, "line_total"),
    ]


def test_the_summary_s_figures_are_the_tables_(laptop, first_run, expected):
    text = first_run.stdout
    assert f"{cents(expected.net_sales):,}" in text
    assert f"{expected.orders:,} orders" in text
    assert f"{expected.source_rows['order_items']:,}" in text
    shown = dict(re.findall(r"^  (\w+) +([\d,]+) rows$", text, re.MULTILINE))
    for table in ("silver_order_items", "gold_hourly_sales", *(mart.name for mart in tables_of("marts"))):
        where = f" WHERE as_of_date = DATE '{PROCESS_DATE}'" if table.startswith("mart_") else ""
        ((count,),) = laptop.query(f"SELECT count(*) FROM {table}{where}")
        assert shown[table] == f"{count:,}", table


def test_the_quality_report_and_the_docs_are_there(laptop):
    s3 = laptop.client("s3")
    bucket = laptop.settings.lake_bucket
    report = json.loads(s3.get_object(Bucket=bucket, Key="quality/quality_report.json")["Body"].read())
    assert report["score"] >= 80
    assert {"bronze", "silver", *(mart.name for mart in tables_of("marts"))} <= set(report["checkpoints"])
    assert {row["source_table"] for row in report["ledger"]} == SOURCE_NAMES
    index = s3.get_object(Bucket=bucket, Key="quality/data_docs/index.html")["Body"].read().decode()
    assert "silver_order_items" in index
    ((results,),) = laptop.query("SELECT count(*) FROM data_quality_results WHERE severity = 'critical' AND success")
    assert results > 20


def test_the_daily_report_has_the_day_s_net_sales_and_the_message_its_link(laptop, first_run):
    key = f"reports/daily/as_of_date={PROCESS_DATE}/report.html"
    body = laptop.client("s3").get_object(Bucket=laptop.settings.lake_bucket, Key=key)["Body"].read().decode()
    ((net,),) = laptop.query(
        f"SELECT sum(net_sales) FROM gold_daily_sales_by_store WHERE order_date = DATE '{PROCESS_DATE}'"
    )
    shown = f"net sales ${cents(net):,}"
    assert net > 0 and shown in body
    topic = laptop.settings.notification_topic_arn.rpartition(":")[2]
    lines = (laptop.state.root / "sns" / f"{topic}.jsonl").read_text(encoding="utf-8").splitlines()
    announced = json.loads(lines[0])
    assert announced["subject"] == f"Business Insights: {PROCESS_DATE} is published"
    assert shown in announced["message"] and laptop.settings.lake_uri(key) in announced["message"]


def test_make_query_prints_csv_and_nothing_else(laptop):
    done = laptop.command(["query", "select count(*) as customers from biz_insights.mart_customer_lifetime_value"])
    assert (done.returncode, done.stderr) == (0, "")
    (header, (count,)) = csv.reader(io.StringIO(done.stdout))
    ((expected,),) = laptop.query("SELECT count(*) FROM mart_customer_lifetime_value")
    assert (header, int(count)) == (["customers"], expected)


def test_make_query_says_why_a_statement_is_refused(laptop):
    done = laptop.command(["query", "select * from no_such_table"])
    assert done.returncode == 1
    assert done.stdout == ""
    assert "no_such_table" in done.stderr
    assert done.stderr.count("\n") == 1


def content_hashes(laptop) -> dict[str, str]:
    """A digest of every published table's rows, read as any client reads them."""
    by_closed_year = {table.name for table in gold_tables().values() if table.partition == "year"}
    hashes = {}
    for table in laptop.published():
        lines = sorted(laptop.result_file(f'SELECT * FROM "{table}"').splitlines())
        # No year of these files is closed yet.
        assert len(lines) > 1 or table in by_closed_year, f"{table} is empty"
        hashes[table] = hashlib.sha256(b"\n".join(lines)).hexdigest()
    return hashes


@pytest.fixture(scope="module")
def before(laptop):
    return laptop.published(), content_hashes(laptop)


def test_a_second_run_publishes_nothing_and_says_so(laptop, source, before):
    done = laptop.run(source)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing new" in done.stdout
    (message,) = (laptop.state.root / "sns").glob("*.jsonl")
    assert "unchanged: this run found nothing new" in json.loads(message.read_text().splitlines()[-1])["message"]
    assert laptop.published() == before[0]
    assert content_hashes(laptop) == before[1]


def change(source: Path, folder: Path) -> tuple[Path, set[str]]:
    """A late row, a corrected row and a deleted row, on three different days; returns the files and the days."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    path = folder / "order_items.csv"
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    column = {name: number for number, name in enumerate(header)}

    def plain_line(month: str) -> int:
        """A line around noon, so that its local day is its UTC day, whose order has no other line."""
        orders = [row[column["ORDER_ID"]] for row in rows]
        for number, row in enumerate(rows):
            moment = row[column["CREATION_TIME_UTC"]]
            if (
                moment.startswith(month)
                and moment[11:13] in ("15", "16", "17")
                and row[column["LINEITEM_ID"]]
                and "DEVELOPMENT" not in row[column["APP_NAME"]]
                and orders.count(row[column["ORDER_ID"]]) == 1
            ):
                return number
        raise AssertionError(f"no plain line in {month}")

    late, corrected, deleted = plain_line("2022-06"), plain_line("2022-12"), plain_line("2023-09")
    days = {rows[number][column["CREATION_TIME_UTC"]][:10] for number in (late, corrected, deleted)}
    new = list(rows[late])
    new[column["ORDER_ID"]], new[column["LINEITEM_ID"]] = "f" * 24, "e" * 24
    rows[corrected][column["ITEM_PRICE"]] = "123.45"
    # The deleted line goes last so that the positions above stay right.
    rows = [row for number, row in enumerate(rows) if number != deleted] + [new]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return folder, days


@pytest.fixture(scope="module")
def changed(source, tmp_path_factory):
    return change(source, tmp_path_factory.mktemp("changed"))


def repointed(before: dict, after: dict) -> set[str]:
    return {value for value in before.keys() | after.keys() if before.get(value) != after.get(value)}


@pytest.fixture(scope="module")
def dubious(changed, tmp_path_factory) -> Path:
    """The changed files, and in them a line of 20,000 dollars: accepted, with a warning."""
    folder = shutil.copytree(changed[0], tmp_path_factory.mktemp("dubious"), dirs_exist_ok=True)
    path = folder / "order_items.csv"
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    rows[-1][header.index("ITEM_PRICE")] = "20000.00"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return folder


def test_a_red_checkpoint_blocks_the_publish(laptop, dubious, before):
    """A gate that no warning passes: silver is built and audited, and readers see nothing of the run.

    So large a line is stopped by the volume guard already, unless an operator has accepted it.
    """
    gate = {"BIZ_INSIGHTS_QUALITY_GATE": "100"}
    guarded = laptop.run(dubious, settings=gate)
    assert guarded.returncode == 1
    assert "the volume guard stopped the publish" in guarded.stdout and "one line of 20,000.00" in guarded.stdout
    done = laptop.run(dubious, PROCESS_DATE, gate, "accept_changes=true")
    assert done.returncode == 1
    assert "checkpoint silver blocked the publish" in done.stdout
    assert "below the gate 100" in done.stdout
    assert laptop.published() == before[0]
    ((failed,),) = laptop.query("SELECT count(*) FROM data_quality_results WHERE NOT success")
    assert failed > 0


def test_exactly_the_changed_days_are_rebuilt(laptop, changed, before):
    folder, days = changed
    assert len(days) == 3
    done = laptop.run(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    after = laptop.published()
    for table in ("silver_order_items", "gold_daily_sales_by_store", "gold_item_sales_by_day", "gold_hourly_sales"):
        assert repointed(before[0][table], after[table]) == days, table
    assert repointed(before[0]["silver_order_item_options"], after["silver_order_item_options"]) <= days
    assert repointed(before[0]["mart_sales_trends"], after["mart_sales_trends"]) == {PROCESS_DATE}


def test_the_totals_after_the_change_are_the_expected_ones_again(laptop, changed):
    expected = expected_totals(changed[0], PROCESS_DATE)
    ((net, orders),) = laptop.query("SELECT sum(net_sales), sum(orders) FROM gold_daily_sales_by_store")
    assert (cents(net), orders) == (cents(expected.net_sales), expected.orders)


def test_the_publish_history_says_what_was_replaced(laptop, changed):
    found = laptop.query(
        'SELECT "partition", old_location, new_location FROM publish_history '
        "WHERE table_name = 'gold_daily_sales_by_store' AND change = 'replaced'"
    )
    assert {row[0] for row in found} == changed[1]
    assert all(old != new for _, old, new in found)


def test_the_next_day_adds_that_day_and_marts_of_that_day(laptop, changed):
    before = laptop.published()
    done = laptop.run(changed[0], "2023-11-21")
    assert done.returncode == 0, done.stdout + done.stderr
    after = laptop.published()
    assert after["silver_order_items"] == before["silver_order_items"]
    assert repointed(before["gold_daily_sales_by_store"], after["gold_daily_sales_by_store"]) == {"2023-11-21"}
    assert set(after["mart_customer_lifetime_value"]) == {PROCESS_DATE, "2023-11-21"}
