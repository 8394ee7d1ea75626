"""Public holidays by date, from the `holidays` library; a holiday that the source names has the source's name."""

from collections.abc import Iterable, Mapping
from datetime import date

from spark_jobs.errors import JobError


def public_holidays(country: str, subdivision: str, years: Iterable[int]) -> dict[date, str]:
    """Return the names of public holidays by date.

    A holiday on a weekend counts on that day only, not on the working day that is off instead. A year that the library
    does not know has no holidays.

    Args:
        country: ISO 3166-1 alpha-2.
        subdivision: part of the country; '' for the whole country.
        years: calendar years.

    Raises:
        JobError: the library is not installed, or the country or its part is unknown.
    """
    # Imported here: Glue installs it for the job only (--additional-python-modules).
    try:
        import holidays
    except ImportError as error:
        raise JobError(
            "the Python module holidays is missing; next: give the Glue job "
            "--additional-python-modules with the pin of mwaa/requirements/glue.txt"
        ) from error
    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=list(years), observed=False)
    except NotImplementedError as error:
        raise JobError(
            f"--holiday_country is {country!r} and --holiday_subdivision {subdivision!r}: {error}; next: set "
            "holiday_country to an ISO code such as US, holiday_subdivision to one of its parts or to nothing"
        ) from error
    return dict(found.items())


def with_source_names(library: Mapping[date, str], source: Mapping[date, str]) -> dict[date, str]:
    """Return the library's holidays, renamed as the source names them.

    The source names the holidays of the years it covers. The same holiday gets that name in the other years too, so
    that figures by name are not split in two.

    Args:
        library: names by date, from `public_holidays`.
        source: names by date of the source's holidays.
    """
    source_names = {library[day]: name for day, name in sorted(source.items()) if name and day in library}
    return {day: source_names.get(name, name) for day, name in library.items()}
