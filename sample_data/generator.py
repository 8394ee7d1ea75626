"""The run: simulate customers in chunks, write their orders to a temporary file per month, then write the months."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from sample_data.arrays import Ints, Records
from sample_data.calendar import Calendar, build_calendar, date_dim_text, day_date
from sample_data.customers import CUSTOMER, DEVELOPMENT, NEVER, ORDER, TESTER, PurchaseProcess, customer_chunks
from sample_data.discounts import Discounts, make_discounts
from sample_data.lines import Lines, make_lines, make_options
from sample_data.menu import Menu, build_menu
from sample_data.options import OptionCatalogue, build_options
from sample_data.orders import TEST_STORES, Orders, month_blocks, month_sizes, testers
from sample_data.quirks import Quotas, heavy_lines, plant_in_lines, plant_times, repeat_options
from sample_data.settings import Settings
from sample_data.stores import Stores, build_stores
from sample_data.truth import CUSTOMER_COLUMNS, Tally, customer_bytes, describe, mean_line_value
from sample_data.writer import ITEM_COLUMNS, OPTION_COLUMNS, Source

FILES = ("order_items.csv", "order_item_options.csv", "date_dim.csv", "truth.json", "truth_customers.csv")
SPILL_READ = 50_000  # customers read back at once
EVENING_HOUR = 19

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Chunk:
    """One block of the source: the bytes to append to the two big files, and their numbers of rows."""

    label: str
    items: memoryview
    options: list[memoryview]
    lines: int


@dataclass
class World:
    """Everything that is fixed for a run, and the tally of what it wrote."""

    settings: Settings
    calendar: Calendar
    stores: Stores
    menu: Menu
    catalogue: OptionCatalogue
    process: PurchaseProcess
    tally: Tally = field(default_factory=Tally)

    @classmethod
    def of(cls, settings: Settings) -> "World":
        """The world of these settings."""
        calendar = build_calendar()
        return cls(
            settings, calendar, build_stores(calendar), build_menu(calendar.months), build_options(), PurchaseProcess()
        )


def spill_orders(world: World, folder: Path, progress: Progress) -> list[int]:
    """Simulate every customer; write their orders to one file per month. Returns the orders of each month."""
    sizes = [0] * world.calendar.months
    with open(folder / "customers.bin", "wb") as people_file:
        done = 0
        for people, orders in customer_chunks(world.settings, world.calendar, world.stores, world.process):
            people_file.write(people.tobytes())
            month = world.calendar.month[orders["day"]]
            order = np.argsort(month, kind="stable")
            edges = np.searchsorted(month[order], np.arange(world.calendar.months + 1))
            for number in range(world.calendar.months):
                rows = orders[order[edges[number] : edges[number + 1]]]
                sizes[number] += len(rows)
                with open(folder / f"month-{number:02d}.bin", "ab") as month_file:
                    month_file.write(rows.tobytes())
            done += len(people)
            progress(f"customers {done:,} of {world.settings.customers + 1:,}")
        people_file.write(_testers(world).tobytes())
    return sizes


def _testers(world: World) -> Records:
    people = np.zeros(testers(world.settings), dtype=CUSTOMER)
    people["customer"] = world.settings.customers + 1 + np.arange(len(people))
    people["app"], people["origin"], people["join_day"] = DEVELOPMENT, TESTER, NEVER
    people["last_day"], people["home"], people["alive"] = world.calendar.days - 1, TEST_STORES[0], True
    return people


def source_chunks(world: World, folder: Path, sizes: list[int]) -> Iterator[Chunk]:
    """Yield the source in time order, one block of orders at a time; memory is bounded by a month's orders."""
    source = Source.of(world.settings.seed, world.calendar, world.stores, world.menu, world.catalogue)
    extras = month_sizes(sizes, world.settings)
    total = sum(own + guests + tests for own, (guests, tests) in zip(sizes, extras, strict=True))
    quotas = Quotas(world.settings, total)
    number, tests_done = 0, 0
    for month, (guests, tests) in enumerate(extras):
        own = np.fromfile(folder / f"month-{month:02d}.bin", dtype=ORDER)
        blocks = month_blocks(
            world.settings, world.calendar, world.stores, month, own, guests, (tests_done, tests), number
        )
        for block, orders in enumerate(blocks):
            number += len(orders)
            quotas.advance(len(orders), last=number == total)
            yield _chunk(world, source, quotas, orders, (month, block))
        tests_done += tests


def _chunk(world: World, source: Source, quotas: Quotas, orders: Orders, position: tuple[int, int]) -> Chunk:
    plant = world.settings.stream("quirks", *position)
    plant_times(plant, quotas, orders)
    lines = make_lines(world.settings.stream("lines", *position), orders, world.menu)
    plant_in_lines(plant, quotas, orders, lines, world.menu)
    heavy = heavy_lines(plant, quotas, orders, lines)
    taken = make_options(world.settings.stream("options", *position), lines, world.menu, world.catalogue, heavy)
    options = repeat_options(plant, quotas, taken, world.catalogue)
    discounts = _discounts(world, orders, lines, position)

    order_ids, line_ids = source.order_ids(orders), source.line_ids(orders, lines)
    option_parts = [source.option_bytes(lines, options, discounts, order_ids, line_ids)]
    orphans = quotas.choose(plant, "orphan_options", np.flatnonzero(~orders.test))
    if len(orphans):
        row = world.catalogue.pick(plant.random(len(orphans)))
        option_parts.append(source.orphan_bytes(orders.number[orphans], row, orders, order_ids, orphans))

    world.tally.add(orders, lines, options, discounts, world.menu, world.catalogue)
    world.tally.counts.update(
        orphan_options=len(orphans),
        option_rows=len(orphans),
        evening_lines=int((orders.hour[lines.order] >= EVENING_HOUR).sum()),
    )
    label = f"{day_date(int(np.flatnonzero(world.calendar.month == position[0])[0])):%Y-%m}"
    return Chunk(label, source.item_bytes(orders, lines, order_ids, line_ids), option_parts, len(lines))


def _discounts(world: World, orders: Orders, lines: Lines, position: tuple[int, int]) -> Discounts:
    if not world.settings.negative_options:
        none: Ints = np.zeros(0, dtype=np.int64)
        return Discounts(none, none, none)
    return make_discounts(world.settings.stream("discounts", *position), orders, lines)


def _header(columns: tuple[str, ...]) -> bytes:
    return (",".join(columns) + "\n").encode()


def _write_source(world: World, folder: Path, items: BinaryIO, options: BinaryIO, progress: Progress) -> None:
    sizes = spill_orders(world, folder, progress)
    items.write(_header(ITEM_COLUMNS))
    options.write(_header(OPTION_COLUMNS))
    lines = 0
    for chunk in source_chunks(world, folder, sizes):
        items.write(chunk.items)
        for part in chunk.options:
            options.write(part)
        lines += chunk.lines
        progress(f"{chunk.label}  {lines:,} lines")


def _write_customers(world: World, folder: Path, out: BinaryIO) -> None:
    out.write(_header(CUSTOMER_COLUMNS))
    value = mean_line_value(world.tally)
    with open(folder / "customers.bin", "rb") as spilled:
        while block := spilled.read(SPILL_READ * CUSTOMER.itemsize):
            people = np.frombuffer(block, dtype=CUSTOMER)
            out.write(customer_bytes(world.settings, world.calendar, world.stores, people, value))


def generate(settings: Settings, out: Path, progress: Progress = lambda _: None) -> dict[str, Any]:
    """Write the three source files and the two truth files to `out`; returns truth.json's content.

    Files appear complete or not at all: they are written beside `out`'s files and renamed at the end.
    Raises OSError if the folder cannot be written.
    """
    world = World.of(settings)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".sample_data-") as name:
        folder = Path(name)
        with open(folder / FILES[0], "wb") as items, open(folder / FILES[1], "wb") as options:
            _write_source(world, folder, items, options, progress)
        with open(folder / FILES[4], "wb") as customers:
            _write_customers(world, folder, customers)
        date_dim = date_dim_text()
        (folder / FILES[2]).write_text(date_dim, encoding="utf-8", newline="")
        world.tally.counts["date_dim_rows"] = date_dim.count("\n") - 1
        truth = describe(settings, world.process, world.calendar, world.stores, world.menu, world.tally)
        (folder / FILES[3]).write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8", newline="")
        for file_name in FILES:
            os.replace(folder / file_name, out / file_name)
    return truth
