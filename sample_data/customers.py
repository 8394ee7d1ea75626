"""Customers and their orders, by a known buying process (MBG/NBD: Batislam, Denizel & Filiztekin 2007).

On an average day a living customer buys with probability lambda ~ Gamma(r, alpha), at most DAILY_LIMIT.
Then the mean gap between active days is 1/lambda, as the continuous model assumes. After every active
day, including the first, the customer drops out with probability p ~ Beta(a, b). Joining the loyalty
programme multiplies lambda and the mean number of lines by known effects from that day on.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date

import numpy as np

from sample_data.arrays import Flags, Floats, Ints, Records
from sample_data.calendar import Calendar, day_index
from sample_data.settings import Settings, quota
from sample_data.stores import Stores

CHUNK = 25_000  # customers simulated at once; changing it changes the files

MAIN, PERKS, CATERING, DEVELOPMENT = range(4)
APP_SHARE = (0.9900, 0.0052, 0.0048)
ORIGINS = ("process", "dual_channel", "house_account", "tester")
PROCESS, DUAL, HOUSE, TESTER = range(4)
DUAL_SHARE = 0.004
SHARED_CARDS = 7
HOUSE_STORE = 3
HOUSE_START = date(2020, 5, 4)
NEVER = 65_535
DAILY_LIMIT, MEMBER_DAILY_LIMIT = 0.85, 0.95  # limits of the chance to buy on an average day

# New customers per average day, relative: linear between these days.
ARRIVALS = (
    ("2020-04-01", 1.5), ("2020-07-01", 3.2), ("2020-11-01", 7.6), ("2021-03-01", 9.2), ("2021-07-01", 8.8),
    ("2022-01-01", 8.6), ("2022-07-01", 8.7), ("2023-01-01", 10.2), ("2023-07-01", 11.0), ("2024-02-18", 8.6),
)  # fmt: skip

ORDER = np.dtype(
    [
        ("customer", "<u4"),
        ("signup", "<u2"),
        ("day", "<u2"),
        ("home", "u1"),
        ("app", "u1"),
        ("loyal", "?"),
        ("origin", "u1"),
        ("card", "<u4"),
        ("extra_lines", "<f4"),
    ]
)
CUSTOMER = np.dtype(
    [
        ("customer", "<u4"),
        ("app", "u1"),
        ("origin", "u1"),
        ("rate", "<f8"),
        ("dropout", "<f8"),
        ("first_day", "<u2"),
        ("last_day", "<u2"),
        ("alive", "?"),
        ("active_days", "<u2"),
        ("orders", "<u2"),
        ("mean_lines", "<f4"),
        ("join_day", "<u2"),
        ("home", "u1"),
        ("card", "<u4"),
    ]
)


@dataclass(frozen=True)
class PurchaseProcess:
    """True parameters, written to truth.json; lambda is per average day."""

    r: float = 0.41
    alpha: float = 4.6
    a: float = 0.7
    b: float = 0.94
    second_order_share: float = 0.05  # chance of a second order on an active day
    extra_lines_mean: float = 0.535  # lines beyond the first: Poisson with an exponential mean per customer
    loyalty_launch: date = date(2020, 9, 1)
    loyalty_minded_share: float = 0.5  # of customers; higher with a bigger basket, so a naive comparison is biased
    loyalty_basket_lift: float = 0.22
    join_probability: float = 0.2  # of such a customer, at every purchase after the launch
    card_shown_share: float = 0.62  # of a member's orders after the joining one
    loyalty_rate_effect: float = 1.12
    loyalty_lines_effect: float = 1.05

    def as_truth(self) -> dict[str, object]:
        """The parameters as JSON values."""
        return {name: str(value) if isinstance(value, date) else value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Purchases:
    """Active days of a chunk, one row each, by customer and day."""

    owner: Ints
    day: Ints
    member: Flags


def arrival_edges(calendar: Calendar) -> Floats:
    """(days + 1,) cumulative share of first orders by day."""
    knots = [day_index(date.fromisoformat(text)) for text, _ in ARRIVALS]
    per_day = np.interp(np.arange(calendar.days), knots, [level for _, level in ARRIVALS]) * calendar.intensity
    return np.concatenate([[0.0], np.cumsum(per_day) / per_day.sum()])


def _rank_within(owner: Ints, count: int) -> Ints:
    """0, 1, 2 … within each run of equal owners (owners ascending)."""
    starts = np.searchsorted(owner, np.arange(count))
    return np.arange(len(owner)) - starts[owner]


def _raw_events(rng: np.random.Generator, clock: Floats, rate: Floats, first: Ints) -> tuple[Ints, Ints]:
    """(owner, day) of a Poisson process on the calendar's clock from the day after the first order."""
    start, end = clock[first + 1], clock[-1]
    number = rng.poisson(rate * (end - start))
    owner = np.repeat(np.arange(len(rate)), number)
    # Order statistics of n uniforms are cumulative exponentials over their sum: sorted, without a sort.
    gaps = rng.standard_exponential(len(owner))
    reached = np.cumsum(gaps)
    before = np.concatenate([[0.0], reached])[np.concatenate([[0], np.cumsum(number)])]
    total = before[1:] - before[:-1] + rng.standard_exponential(len(rate))
    tick = start[owner] + (reached - before[:-1][owner]) / total[owner] * (end - start[owner])
    day = np.clip(np.searchsorted(clock, tick, side="right") - 1, first[owner] + 1, len(clock) - 2)
    return owner, day


def _purchases(
    rng: np.random.Generator, calendar: Calendar, process: PurchaseProcess, rate: Floats, dropout: Floats,
    first: Ints, minded: Flags,
) -> tuple[Purchases, Ints, Flags]:  # fmt: skip
    """Return the active days, the day of joining (NEVER if not) and whether the customer is alive at the end."""
    count = len(rate)
    plain = -np.log1p(-rate)  # the Poisson rate whose chance of any purchase on an average day is `rate`
    member = -np.log1p(-np.minimum(rate * process.loyalty_rate_effect, MEMBER_DAILY_LIMIT))
    owner, day = _raw_events(rng, calendar.clock, member, first)
    thinned = rng.random(len(owner)) * member[owner] < plain[owner]
    owner, day = np.concatenate([np.arange(count), owner]), np.concatenate([first, day])
    base = np.concatenate([np.ones(count, dtype=bool), thinned])
    order = np.argsort(owner, kind="stable")
    owner, day, base = owner[order], day[order], base[order]

    # The process runs at the members' rate and is thinned to the plain rate until the customer joins.
    joins = (
        base & minded[owner] & (day >= day_index(process.loyalty_launch))
        & (rng.random(len(owner)) < process.join_probability)
    )  # fmt: skip
    joined = np.full(count, NEVER)
    np.minimum.at(joined, owner[joins], day[joins])
    kept = base | (day > joined[owner])
    owner, day = owner[kept], day[kept]
    fresh = np.ones(len(owner), dtype=bool)
    fresh[1:] = (owner[1:] != owner[:-1]) | (day[1:] != day[:-1])
    owner, day = owner[fresh], day[fresh]

    # Dropping out after the k-th active day is geometric in k.
    with np.errstate(divide="ignore"):
        lives = 1 + np.floor(np.log(rng.random(count)) / np.log1p(-dropout))
    rank = _rank_within(owner, count)
    seen = np.bincount(owner, minlength=count)
    alive = lives > seen
    staying = rank < lives[owner]
    owner, day = owner[staying], day[staying]
    last = np.zeros(count, dtype=np.int64)
    np.maximum.at(last, owner, day)
    joined[joined > last] = NEVER
    return Purchases(owner, day, day >= joined[owner]), joined, alive


def _customers(
    rng: np.random.Generator, settings: Settings, calendar: Calendar, stores: Stores, process: PurchaseProcess,
    offset: int, count: int,
) -> tuple[Records, Purchases]:  # fmt: skip
    edges = arrival_edges(calendar)
    first = np.clip(np.searchsorted(edges, rng.random(count), side="right") - 1, 0, calendar.days - 1)
    people = np.zeros(count, dtype=CUSTOMER)
    people["customer"] = offset + np.arange(count)
    people["rate"] = np.minimum(rng.gamma(process.r, 1 / process.alpha, count), DAILY_LIMIT)
    people["dropout"] = np.clip(rng.beta(process.a, process.b, count), 1e-9, 1 - 1e-9)
    basket = rng.random(count)
    extra_lines = -process.extra_lines_mean * np.log1p(-basket)
    minded_share = process.loyalty_minded_share + process.loyalty_basket_lift * (basket - 0.5)
    minded = rng.random(count) < minded_share
    purchases, joined, alive = _purchases(rng, calendar, process, people["rate"], people["dropout"], first, minded)
    people["mean_lines"] = 1 + extra_lines
    people["first_day"], people["join_day"], people["alive"] = first, joined, alive
    people["active_days"] = np.bincount(purchases.owner, minlength=count)
    np.maximum.at(people["last_day"], purchases.owner, purchases.day.astype("<u2"))
    people["home"] = stores.pick(first, rng.random(count))
    people["app"] = np.searchsorted(np.cumsum(APP_SHARE)[:-1], rng.random(count), side="right")
    if offset == 0:  # every channel has a customer at any scale
        people["app"][:3] = (MAIN, PERKS, CATERING)
    dual = (rng.random(count) < DUAL_SHARE) & (people["app"] == MAIN)
    people["origin"][dual] = DUAL
    people["card"] = people["customer"]
    members = np.flatnonzero(joined != NEVER)
    before, after = quota(SHARED_CARDS, settings.scale, offset, count, settings.customers, minimum=1)
    pairs = min(after - before, len(members) // 2)
    people["card"][members[1 : 2 * pairs : 2]] = people["card"][members[0 : 2 * pairs : 2]]
    return people, purchases


def _orders(rng: np.random.Generator, process: PurchaseProcess, people: Records, purchases: Purchases) -> Records:
    again = rng.random(len(purchases.owner)) < process.second_order_share
    row = np.repeat(np.arange(len(purchases.owner)), 1 + again)
    owner, member = purchases.owner[row], purchases.member[row]
    orders = np.zeros(len(row), dtype=ORDER)
    for field in ("customer", "home", "app", "origin", "card"):
        orders[field] = people[field][owner]
    orders["signup"], orders["day"] = people["first_day"][owner], purchases.day[row]
    joining = purchases.day[row] == people["join_day"][owner]
    orders["loyal"] = member & (joining | (rng.random(len(row)) < process.card_shown_share))
    effect = np.where(member, process.loyalty_lines_effect, 1.0)
    orders["extra_lines"] = people["mean_lines"][owner] * effect - 1
    elsewhere = (orders["origin"] == DUAL) & (rng.random(len(row)) < 0.4)
    orders["app"][elsewhere] = PERKS
    people["orders"] = np.bincount(owner, minlength=len(people))
    return orders


def _house_account(rng: np.random.Generator, settings: Settings, calendar: Calendar) -> tuple[Records, Records]:
    """Return one account that orders on nearly every open day: the user with most lines (2,538)."""
    day = np.arange(day_index(HOUSE_START), calendar.days)
    open_share = min(1.0, settings.scale) * 0.96 * (calendar.intensity[day] > 0)
    day = np.repeat(day, rng.poisson(1.3, len(day)) * (rng.random(len(day)) < open_share))
    if len(day) == 0:
        day = np.array([day_index(HOUSE_START) + 1])
    person = np.zeros(1, dtype=CUSTOMER)
    orders = np.zeros(len(day), dtype=ORDER)
    for record in (person, orders):
        record["customer"] = settings.customers
        record["card"] = settings.customers
        record["origin"] = HOUSE
    orders["home"], person["home"] = HOUSE_STORE, HOUSE_STORE
    orders["day"], orders["signup"], orders["extra_lines"] = day, day[0], 0.5
    person["first_day"], person["last_day"], person["orders"] = day[0], day[-1], len(day)
    person["active_days"], person["alive"], person["mean_lines"] = len(np.unique(day)), True, 1.5
    person["join_day"] = NEVER
    return person, orders


def customer_chunks(
    settings: Settings, calendar: Calendar, stores: Stores, process: PurchaseProcess
) -> Iterator[tuple[Records, Records]]:
    """Yield (customers, their orders) a chunk at a time; memory is bounded by CHUNK."""
    for chunk, offset in enumerate(range(0, settings.customers, CHUNK)):
        rng = settings.stream("customers", chunk)
        count = min(CHUNK, settings.customers - offset)
        people, purchases = _customers(rng, settings, calendar, stores, process, offset, count)
        yield people, _orders(rng, process, people, purchases)
    yield _house_account(settings.stream("house account", 0), settings, calendar)
