"""The business's calendar: which local day and hour an order belongs to. The session's time zone must be UTC."""

from pyspark.sql import Column
from pyspark.sql import functions as F


def order_date(created_at: Column, business_timezone: str) -> Column:
    """Return the local calendar day (date) of a UTC timestamp; an evening order in Chicago is on the UTC day before."""
    return F.to_date(F.from_utc_timestamp(created_at, business_timezone))


def order_hour(created_at: Column, business_timezone: str) -> Column:
    """Return the local hour (int), 0 to 23."""
    return F.hour(F.from_utc_timestamp(created_at, business_timezone))
