"""The error a job ends with: one line that names the thing, the value and the next step."""

from collections.abc import Callable

MESSAGE_LIMIT = 400


class JobError(Exception):
    """A failure the operator can act on. Glue shows the last line of the traceback, so this is one line."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class JobFailure(Exception):
    """Anything else that ended a job: it may pass on a second try, so the operator lets Airflow retry it."""


def run_job(name: str, main: Callable[[], None]) -> None:
    """Run a job's main; whatever Spark raises ends as one line too, with the full cause chained behind it."""
    try:
        main()
    except JobError:
        raise
    except Exception as error:
        cause = " ".join(str(error).split())[:MESSAGE_LIMIT] or "no message"
        raise JobFailure(
            f"{name} job failed with {type(error).__name__}: {cause}; "
            "next: read the whole cause above this line in the job run's error log"
        ) from error
