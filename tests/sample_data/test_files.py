"""The files as files: headers, determinism, chunks, the command line."""

import filecmp
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sample_data import FILES, Settings, generate
from sample_data import customers as customers_module
from sample_data import orders as orders_module
from sample_data.__main__ import main
from sample_data.generator import World, source_chunks, spill_orders

REPOSITORY = Path(__file__).resolve().parents[2]
HEADERS = {
    "order_items.csv": "APP_NAME,RESTAURANT_ID,CREATION_TIME_UTC,ORDER_ID,USER_ID,PRINTED_CARD_NUMBER,IS_LOYALTY,"
    "CURRENCY,LINEITEM_ID,ITEM_CATEGORY,ITEM_NAME,ITEM_PRICE,ITEM_QUANTITY",
    "order_item_options.csv": "ORDER_ID,LINEITEM_ID,OPTION_GROUP_NAME,OPTION_NAME,OPTION_PRICE,OPTION_QUANTITY",
    "date_dim.csv": "date_key,year,month,week,day_of_week,is_weekend,is_holiday,holiday_name",
}


@pytest.mark.parametrize("name", HEADERS)
def test_header_is_the_sources(tiny, name):
    assert (tiny.folder / name).read_bytes().split(b"\n", 1)[0].decode() == HEADERS[name]


def test_only_the_named_files_are_left(tiny):
    assert sorted(path.name for path in tiny.folder.iterdir()) == sorted(FILES)


def test_same_settings_same_bytes(tiny, tmp_path):
    generate(Settings(scale=0.01), tmp_path)
    same, different, missing = filecmp.cmpfiles(tiny.folder, tmp_path, FILES, shallow=False)
    assert (sorted(same), different, missing) == (sorted(FILES), [], [])


def test_another_process_writes_the_same_bytes(tiny, tmp_path):
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "sample_data", "--out", str(tmp_path), "--scale", "0.01"]
    subprocess.run(command, check=True, env=environment, capture_output=True, timeout=120)
    assert filecmp.cmpfiles(tiny.folder, tmp_path, FILES, shallow=False)[1:] == ([], [])


def test_another_seed_gives_other_orders_and_the_same_dates(tiny, tmp_path):
    generate(Settings(scale=0.01, seed=7), tmp_path)
    _, different, _ = filecmp.cmpfiles(tiny.folder, tmp_path, FILES, shallow=False)
    assert sorted(different) == sorted(set(FILES) - {"date_dim.csv"})


def test_every_record_has_every_field(tiny):
    for rows in (tiny.items, tiny.options, tiny.dates, tiny.customers):
        assert rows
        assert all(None not in row and None not in row.values() for row in rows)


def test_orders_stand_in_order_of_creation(tiny):
    times = [row["CREATION_TIME_UTC"][:19] for row in tiny.items]
    assert times == sorted(times)


def _chunks(world: World, folder: Path):
    return source_chunks(world, folder, spill_orders(world, folder, lambda _: None))


def test_the_source_comes_in_bounded_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(orders_module, "BLOCK", 25)
    monkeypatch.setattr(customers_module, "CHUNK", 40)
    world = World.of(Settings(scale=0.01))
    chunks = list(_chunks(world, tmp_path))
    assert len(chunks) > world.tally.counts["orders"] / 25
    assert sum(chunk.lines for chunk in chunks) == world.tally.counts["lines"]
    records = sum(bytes(chunk.items).count(b"Quillmoor ") for chunk in chunks)
    assert records == world.tally.counts["lines"]
    assert world.tally.counts["malformed_lines"] == 1
    assert world.tally.counts["orphan_options"] == 2


def test_chunks_are_made_on_demand(tmp_path):
    world = World.of(Settings(scale=0.01))
    chunks = _chunks(world, tmp_path)
    next(chunks)
    assert 0 < world.tally.counts["orders"] < 100  # the first month only: nothing was made ahead


def test_the_command_writes_the_files_and_says_what(tmp_path, capsys):
    assert main(["--out", str(tmp_path / "made"), "--scale", "0.005", "--seed", "3"]) == 0
    assert {path.name for path in (tmp_path / "made").iterdir()} == set(FILES)
    captured = capsys.readouterr()
    assert captured.out == "" and " lines, " in captured.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--scale", "0"], "scale 0 is outside 0.005 to 1000"),
        (["--scale", "nan"], "scale nan is outside"),
        (["--seed", "-1"], "seed -1 is negative"),
    ],
)
def test_bad_settings_are_one_line(tmp_path, capsys, arguments, words):
    assert main(["--out", str(tmp_path), *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_an_unwritable_folder_is_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert main(["--out", str(tmp_path / "file"), "--scale", "0.01"]) == 2
    error = capsys.readouterr().err
    assert "choose another --out" in error and error.count("\n") == 1
