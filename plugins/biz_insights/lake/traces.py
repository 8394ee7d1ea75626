"""Traces of one customer in the objects of a lake: in Parquet columns, and in JSON, HTML, CSV and other text.

An id of six characters or more is found wherever it stands as a word, in any text column and in any document. A shorter
id (`12`) stands everywhere, also as a quantity: it is looked for in the columns and JSON fields that hold user ids.
Card numbers are known as digests only (`biz_schema.forgotten_customers`). They are looked for in the card column, and
among the words of free text.
"""

from __future__ import annotations

import html
import io
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from biz_schema.forgotten_customers import (
    APP_COLUMN,
    BLANKS,
    CARD_COLUMN,
    USER_COLUMN,
    ForgottenCustomers,
    card_digest,
)
from biz_schema.placeholders import UNKNOWN

if TYPE_CHECKING:
    import pyarrow as pa

LEAST_LENGTH = 6
PARQUET = b"PAR1"
FREE_TEXT = ("raw", "samples", "observed", "error")
"""Columns that quote the text of whole rows."""

_WORD = "0-9A-Za-z"
_WORDS = re.compile(rb"[0-9A-Za-z]{8,}")


class UnreadableFileError(RuntimeError):
    """A Parquet file cannot be opened, so nobody can say whether it names the customer."""


@dataclass(frozen=True)
class Customer:
    """Who is looked for.

    Attributes:
        user_id: the id, as the source has it.
        app_name: the channel; empty: every channel.
        forgotten: the list with the digests of card numbers; empty before it is written.
    """

    user_id: str
    app_name: str = ""
    forgotten: ForgottenCustomers = field(default_factory=ForgottenCustomers)

    @property
    def is_short(self) -> bool:
        """Return whether the id is too short to be looked for everywhere."""
        return len(self.user_id) < LEAST_LENGTH

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """Return what finds the id in a document, plain or as JSON and HTML write it."""
        as_json = {json.dumps(self.user_id, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
        forms = {self.user_id, *as_json, html.escape(self.user_id)}
        ids = b"|".join(re.escape(form.encode()) for form in sorted(forms, key=len, reverse=True))
        if self.is_short:
            return re.compile(rb"(?<=user_id\":\")(?:" + ids + rb")(?=\")|(?<=user_id\": \")(?:" + ids + rb")(?=\")")
        word = _WORD.encode()
        return re.compile(rb"(?<![" + word + rb"])(?:" + ids + rb")(?![" + word + rb"])")

    def is_card(self, text: str) -> bool:
        """Return whether a text is a card number on the list."""
        return bool(self.forgotten.cards) and card_digest(self.forgotten.salt, text) in self.forgotten.cards


def names_customer(body: bytes, customer: Customer) -> bool:
    """Return whether the content of an object names the customer.

    Raises:
        UnreadableFileError: it is a Parquet file that cannot be opened.
    """
    if body[:4] != PARQUET:
        return bool(customer.pattern.search(body)) or _card_in(body, customer)
    import pyarrow.compute as pc

    return bool(pc.any(row_mask(read_parquet(body), customer)).as_py())


def read_parquet(body: bytes) -> pa.Table:
    """Return the rows of a Parquet file.

    Raises:
        UnreadableFileError: it cannot be opened.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(io.BytesIO(body))
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFileError(str(error).splitlines()[0]) from error


def row_mask(table: pa.Table, customer: Customer) -> Any:
    """Return one boolean a row: whether the row names the customer."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pa.chunked_array([pa.array([False] * table.num_rows, pa.bool_())])
    for name in table.column_names:
        texts = _texts(table.column(name))
        if texts is None:
            continue
        hits = _column_mask(name, texts, customer)
        if hits is not None:
            found = pc.or_(found, hits)
    if customer.app_name and {APP_COLUMN, USER_COLUMN} <= set(table.column_names):
        # The same id in another channel is another customer.
        found = pc.and_(found, of_app(table, customer.app_name))
    if CARD_COLUMN in table.column_names:
        found = pc.or_(found, card_mask(table, customer))
    return found


def of_app(table: pa.Table, app_name: str) -> Any:
    """Return one boolean a row: whether it is of a channel, as silver names it; raw texts may have other blanks."""
    import pyarrow.compute as pc

    apps = pc.fill_null(pc.utf8_trim(table.column(APP_COLUMN), characters=BLANKS), "")
    apps = pc.replace_substring_regex(apps, r"\s+", " ")
    return pc.equal(pc.if_else(pc.equal(apps, ""), UNKNOWN, apps), app_name)


def card_mask(table: pa.Table, customer: Customer) -> Any:
    """Return one boolean a row: whether the row has a card number on the list."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table.column(CARD_COLUMN)
    cards = [text for text in pc.unique(column).to_pylist() if text and customer.is_card(text)]
    return pc.is_in(column, value_set=pa.array(cards, column.type))


def erased(body: bytes, customer: Customer) -> bytes:
    """Return a document in which `erased` stands in place of the id and of card numbers on the list."""
    without_id = customer.pattern.sub(b"erased", body)
    if not customer.forgotten.cards:
        return without_id
    return _WORDS.sub(
        lambda word: b"erased" if customer.is_card(word[0].decode()) else word[0],
        without_id,
    )


def _column_mask(name: str, texts: Any, customer: Customer) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if name == USER_COLUMN:
        hits = pc.equal(pc.utf8_trim(texts, characters=BLANKS), customer.user_id)
    elif name in FREE_TEXT:
        bodies = [(text or "").encode() for text in texts.to_pylist()]
        return pa.array([_quotes(body, customer) for body in bodies], pa.bool_())
    elif customer.is_short:
        return None
    else:
        quoted = re.sub(r"([^\w])", r"\\\1", customer.user_id)
        hits = pc.match_substring_regex(texts, f"(^|[^{_WORD}]){quoted}($|[^{_WORD}])")
    return pc.fill_null(hits, False)


def _quotes(body: bytes, customer: Customer) -> bool:
    """Return whether a text names the customer. A quoted row of another channel does not, although it has the id."""
    if _card_in(body, customer):
        return True
    if not customer.pattern.search(body):
        return False
    row = _json_object(body) if customer.app_name else {}
    app = " ".join((row.get(APP_COLUMN) or UNKNOWN).split())
    return USER_COLUMN not in row or APP_COLUMN not in row or app == customer.app_name


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _texts(column: Any) -> Any:
    """Return a column as text, a list as its texts joined; None for a column without text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = pc.cast(column, kind.value_type), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column
    if pa.types.is_binary(kind):
        return pa.chunked_array([pa.array([_decoded(value) for value in column.to_pylist()], pa.string())])
    if pa.types.is_nested(kind):
        joined = [None if value is None else json.dumps(value, default=str) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(joined, pa.string())])
    return None


def _decoded(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")


def _card_in(body: bytes, customer: Customer) -> bool:
    if not customer.forgotten.cards:
        return False
    return any(customer.is_card(word.decode()) for word in set(_WORDS.findall(body)))
