"""The errors of the jobs: one line that names the thing, the value and the next step."""

from collections.abc import Callable

MESSAGE_LIMIT = 400


class JobError(Exception):
    """A failure with a known next step. Glue shows the last line of the traceback, so the message is one line."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class JobFailure(Exception):
    """Any other failure of a job: it may succeed on a second try, so Airflow retries the task."""


def run_job(name: str, main: Callable[[], None]) -> None:
    """Run a job's main; an error of Spark becomes one line too, with the full cause chained to it."""
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
