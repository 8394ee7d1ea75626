"""`make maintenance` and `make forget` on a published lake. The tests build on each other, in this order."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.integration.conftest import Laptop
from tests.upkeep.conftest import CARD, CUSTOMER, DATE, FIRST_DATE, NEIGHBOUR, lake_folder, make_old, objects

MART = "mart_customer_lifetime_value"
DATES = "SELECT DISTINCT CAST(as_of_date AS varchar) FROM mart_sales_trends ORDER BY 1"
WRITTEN_BY_EVERY_RUN = ("releases/lease.json", "ops/maintenance/", "erasure/surveys/", "athena-results/")


def data_objects(lake: Laptop) -> dict[str, int]:
    return {key: size for key, size in objects(lake).items() if not key.startswith(WRITTEN_BY_EVERY_RUN)}


def ledger(lake: Laptop) -> list[tuple[Any, ...]]:
    return lake.query(
        "SELECT source_table, source_rows, accepted_rows, quarantined_rows, source_amount, accepted_amount, "
        "quarantined_amount FROM row_ledger ORDER BY 1"
    )


def sales(lake: Laptop) -> list[tuple[Any, ...]]:
    return lake.query("SELECT order_date, orders, net_sales FROM gold_daily_sales_by_store ORDER BY 1")


def files_that_name(folder: Path, *texts: str) -> list[str]:
    """Return the files that contain one of the texts, Parquet read by DuckDB: another way than the code's own scan."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        body = path.read_bytes()
        if body[:4] == b"PAR1":
            body = str(duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall()).encode()
        if any(text.encode() in body for text in texts):
            found.append(path.relative_to(folder).as_posix())
    return found


def maintenance_report(lake: Laptop) -> dict[str, Any]:
    reports = (lake_folder(lake) / "ops" / "maintenance").rglob("report.json")
    return json.loads(max(reports, key=lambda path: path.stat().st_mtime).read_text())


def test_maintenance_only_reports_unless_it_is_told_to_apply(lake: Laptop) -> None:
    planted = lake_folder(lake) / "silver" / "order_items" / "run=lost" / "order_date=2024-01-08" / "part-0.parquet"
    planted.parent.mkdir(parents=True)
    planted.write_bytes(b"left by a run that was killed")
    make_old(lake, 400)
    before = data_objects(lake)
    done = lake.command(["maintenance"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "dry run: nothing was changed" in done.stdout
    assert "unreferenced silver files: 1 objects, 0.0 MB to delete" in done.stdout
    assert data_objects(lake) == before
    report = maintenance_report(lake)
    assert not report["applied"]
    assert report["removable"]["unreferenced silver files"] == {"objects": 1, "bytes": planted.stat().st_size}


def test_maintenance_deletes_what_nothing_needs_and_nothing_else(lake: Laptop) -> None:
    make_old(lake, 400)
    published, before = lake.published(), objects(lake)
    done = lake.command(["maintenance", "--apply"])
    assert done.returncode == 0, done.stdout + done.stderr
    report, after = maintenance_report(lake), objects(lake)
    gone = before.keys() - after.keys()
    assert "silver/order_items/run=lost/order_date=2024-01-08/part-0.parquet" in gone
    assert not [key for key in after if key.startswith(("landing/", "athena-results/"))]
    assert lake.published() == published
    for table in published:
        lake.query(f"SELECT count(*) FROM {table}")
    # What a release of the last weeks published or replaced stays, also where readers no longer see it.
    named = {place for row in lake.query("SELECT old_location, new_location FROM publish_history") for place in row}
    bucket = f"s3://{lake.settings.lake_bucket}/"
    assert not [key for key in gone for place in named if place and f"{bucket}{key}".startswith(place)]
    # The second export was equal to the first, so its batch was never published.
    assert any(key.startswith("bronze/order_items/") for key in gone)
    assert sum(total["objects"] for total in report["removed"]["files"].values()) == len(gone)
    assert report["before"]["all"]["bytes"] - report["after"]["all"]["bytes"] == sum(before[key] for key in gone)


def test_forget_only_reports_unless_the_id_is_repeated(lake: Laptop) -> None:
    before = data_objects(lake)
    done = lake.command(["forget", CUSTOMER])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Dry run: nothing was changed" in done.stdout
    assert "in silver/" in done.stdout and "The source database still has 7 lines of the customer" in done.stdout
    assert data_objects(lake) == before
    wrong = lake.command(["forget", CUSTOMER, "--confirm", NEIGHBOUR])
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("error: CONFIRM is not the same text as CUSTOMER")


def test_a_forgotten_customer_is_nowhere_and_the_figures_stay(lake: Laptop) -> None:
    assert files_that_name(lake_folder(lake), CUSTOMER, CARD)
    before = ledger(lake), sales(lake)
    neighbours = lake.query(f"SELECT * FROM {MART} WHERE as_of_date = DATE '{FIRST_DATE}' AND user_id = '{NEIGHBOUR}'")
    customers = dict(lake.query(f"SELECT as_of_date, count(*) FROM {MART} GROUP BY 1"))
    done = lake.command(["forget", CUSTOMER, "--confirm", CUSTOMER])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The lake no longer names the customer" in done.stdout
    assert files_that_name(lake_folder(lake), CUSTOMER, CARD) == []
    assert (ledger(lake), sales(lake)) == before
    # Earlier dates lose that customer only.
    same = lake.query(f"SELECT * FROM {MART} WHERE as_of_date = DATE '{FIRST_DATE}' AND user_id = '{NEIGHBOUR}'")
    assert same == neighbours
    left = dict(lake.query(f"SELECT as_of_date, count(*) FROM {MART} GROUP BY 1"))
    assert left == {day: count - 1 for day, count in customers.items()}
    (guests,) = lake.query("SELECT count(*) FROM silver_order_items WHERE user_id IS NULL AND order_id LIKE 'o%a'")
    assert guests == (6,)
    (cards,) = lake.query("SELECT count(*) FROM silver_order_items WHERE printed_card_number IS NOT NULL")
    assert cards == (0,)


def test_the_receipt_and_what_airflow_stores_do_not_contain_the_id(lake: Laptop) -> None:
    (receipt,) = (lake_folder(lake) / "erasure" / "receipts").glob("*.json")
    found = json.loads(receipt.read_text())
    assert found["objects_that_name_the_customer"] == 0 and found["objects_read"] > 100
    assert found["source_lines"] == 7
    assert len(found["digest"]) == 64
    kept = [lake.state.root / name for name in ("airflow/logs", "glue", "sns", "logs")]
    assert [files_that_name(folder, CUSTOMER, CARD) for folder in kept if folder.exists()] == [[]] * len(
        [folder for folder in kept if folder.exists()]
    )


def test_old_as_of_dates_leave_through_one_release(lake: Laptop) -> None:
    ((release,),) = lake.query("SELECT release FROM current_release")
    assert lake.query(DATES) == [(FIRST_DATE,), (DATE,)]
    done = lake.command(["maintenance", "--apply"], {"BIZ_INSIGHTS_AS_OF_DAYS": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert lake.query(DATES) == [(DATE,)]
    assert lake.query("SELECT release FROM current_release") == [(release + 1,)]
    removed = f"FROM publish_history WHERE release = {release + 1}"
    assert lake.query(f"SELECT DISTINCT change {removed}") == [("removed",)]
    # The files stay for the way back.
    ((old,),) = lake.query(f"SELECT max(old_location) {removed} AND table_name = '{MART}'")
    assert any(old.endswith(f"/{key.rpartition('/')[0]}/") for key in objects(lake))


def test_the_next_export_brings_back_neither_the_customer_nor_the_removed_date(lake: Laptop, files: Path) -> None:
    before = sales(lake)
    # The source still has the customer, and the batch differs from the last one by a line.
    more = files / "order_items.csv"
    line = f"App,s1,{DATE}T20:00:00Z,o-new,{CUSTOMER},{CARD},FALSE,USD,l1,Food,Egg,3.00,1"
    more.write_text(f"{more.read_text()}{line}\n")
    done = lake.run(files, DATE)
    assert done.returncode == 0, done.stdout + done.stderr
    ((added,),) = lake.query("SELECT sum(net_sales) FROM gold_daily_sales_by_store")
    assert Decimal(added) - sum((Decimal(net) for _, _, net in before), Decimal(0)) == Decimal("3.00")
    left = files_that_name(lake_folder(lake), CUSTOMER, CARD)
    assert left and {key.partition("/")[0] for key in left} == {"landing"}
    assert lake.query(DATES) == [(DATE,)]


@pytest.mark.parametrize("command", [["forget", ""], ["forget", " "]])
def test_a_command_without_an_id_is_refused(lake: Laptop, command: list[str]) -> None:
    done = lake.command(command)
    assert (done.returncode, done.stderr) == (1, "error: CUSTOMER is empty; try make forget CUSTOMER=<user id>\n")
