"""Public holidays by date, from the `holidays` library; where the source's calendar names one, under that name."""

from collections.abc import Iterable, Mapping
from datetime import date

from spark_jobs.errors import JobError


def public_holidays(country: str, subdivision: str, years: Iterable[int]) -> dict[date, str]:
    """Name by date of the public holidays of a country (ISO 3166-1 alpha-2) or of one of its subdivisions ('' for
    the whole country). The day itself only, not the day off that stands in for one on a weekend; a year that the
    library does not know has none. Raises JobError naming what is unknown."""
    # Imported here: Glue installs it for the job (--additional-python-modules), whoever else imports this need not.
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


def in_the_words_of(source: Mapping[date, str], library: Mapping[date, str]) -> dict[date, str]:
    """The library's holidays under the source's names: what the source calls a holiday in the years it covers is
    its name in the others too, so that an effect by name is not split in two. `source` holds the source's holidays."""
    spoken = {library[day]: name for day, name in sorted(source.items()) if name and day in library}
    return {day: spoken.get(name, name) for day, name in library.items()}
