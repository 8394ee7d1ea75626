"""The one-line error message from the log of a failed script."""

import pytest

from mwaa.local_aws.glue.job_errors import MAX_MESSAGE, last_exception

FRAME = '  File "/tmp/job.py", line 3, in <module>\n    boom()\n'


@pytest.mark.parametrize(
    ("ending", "message"),
    [
        ("ValueError: no such day", "ValueError: no such day"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        (
            "pyspark.errors.exceptions.captured.AnalysisException: [PATH_NOT_FOUND] Path does not exist: s3://x",
            "AnalysisException: [PATH_NOT_FOUND] Path does not exist: s3://x",
        ),
        ("RuntimeError: first line\nsecond line\n", "RuntimeError: first line"),
        ("ValueError: " + "x" * 5000, ("ValueError: " + "x" * 5000)[:MAX_MESSAGE]),
    ],
)
def test_the_message_has_the_class_without_its_module_and_the_first_line(ending: str, message: str) -> None:
    log = f"26/11/21 WARN Something: ignored\nTraceback (most recent call last):\n{FRAME}{ending}\n"
    assert last_exception(log) == message


def test_the_last_of_several_tracebacks_is_used() -> None:
    log = (
        f"Traceback (most recent call last):\n{FRAME}KeyError: 'a'\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        f"Traceback (most recent call last):\n{FRAME}ValueError: column a is missing\n"
    )
    assert last_exception(log) == "ValueError: column a is missing"


def test_a_log_without_traceback_has_no_message() -> None:
    assert last_exception("java.lang.OutOfMemoryError: Java heap space\n") is None
