"""Spark's settings for local runs: `s3://` on plain folders, two cores, a fast start.

They reach the script through the environment (PYSPARK_SUBMIT_ARGS names a properties file), never through its code.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from mwaa.local_aws.glue import spark_filesystem
from mwaa.local_aws.glue.spark_classes import class_archive_options, configuration_folder, file_system_jar
from mwaa.local_aws.layout import StateLayout

_LOG4J = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
"""


def spark_environment(
    folder: Path, layout: StateLayout, arguments: dict[str, str], driver_memory: str, *, is_short: bool = True
) -> dict[str, str]:
    """Write the settings files of one run into `folder` and return its environment variables.

    A run that is not short uses Java's optimising compiler, as on Glue.
    """
    logging_file = folder / "log4j2.properties"
    logging_file.write_text(_LOG4J)
    settings = {
        **spark_settings(layout, logging_file, driver_memory, is_short),
        **settings_argument(arguments.get("--conf", "")),
    }
    if jars := [layout.object_path(jar.strip()) for jar in arguments.get("--extra-jars", "").split(",") if jar]:
        settings["spark.jars"] = ",".join(str(jar) for jar in jars)
    properties = folder / "spark.properties"
    properties.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    return {
        "SPARK_CONF_DIR": str(configuration_folder(folder / "conf")),
        "PYSPARK_SUBMIT_ARGS": f"--properties-file {shlex.quote(str(properties))} pyspark-shell",
        # For the short-lived Java that composes Spark's command line.
        "SPARK_LAUNCHER_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        # Otherwise Spark's Python workers use the python3 on PATH, which may not have the modules that jobs import.
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        # The driver's arrays are too small to share among threads: a second thread makes a fit slower, and sums would
        # depend on the number of cores. Spark sets the same for its Python workers.
        "OMP_NUM_THREADS": "1",
    }


def spark_settings(
    layout: StateLayout, logging_file: Path, driver_memory: str, is_short: bool
) -> dict[str, str]:  # fmt: skip
    """Return the Spark properties of every run. `s3://<bucket>/…` works for the buckets that exist now."""
    java_options = [
        # Short jobs end before the optimising compiler pays off: the same job took 24 s with it, 18 s without.
        *(["-XX:TieredStopAtLevel=1"] if is_short else []),
        "-XX:+UseSerialGC",
        f"-Dlog4j.configurationFile=file:{logging_file}",
        *class_archive_options(),
    ]
    settings = {
        "spark.master": "local[2]",
        "spark.driver.memory": driver_memory,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": " ".join(java_options),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "in-memory",
        # The default of 200 tasks per shuffle is for clusters.
        "spark.sql.shuffle.partitions": "4",
        # One system call lists a local folder. By default Spark starts a job to list more than 32, which is slower.
        "spark.sql.sources.parallelPartitionDiscovery.threshold": "10000",
        # What a job persists fits into memory uncompressed; compression took a tenth of a job's time.
        "spark.sql.inMemoryColumnarStorage.compressed": "false",
        **spark_filesystem.settings(file_system_jar()),
    }
    for bucket in mounted_buckets(layout):
        settings[f"spark.hadoop.fs.viewfs.mounttable.{bucket}.linkFallback"] = (layout.s3 / bucket).as_uri()
    return settings


def mounted_buckets(layout: StateLayout) -> list[str]:
    """Return the names of the buckets that exist now, sorted."""
    return sorted(path.name for path in layout.s3.iterdir() if path.is_dir() and not path.name.startswith("."))


def settings_argument(value: str) -> dict[str, str]:
    """Return Glue's `--conf` argument (`a=1 --conf b=2`) as a mapping.

    Raises:
        ValueError: a part has no '='.
    """
    settings = {}
    for part in filter(None, (part.strip() for part in value.split("--conf"))):
        key, equals, setting = part.partition("=")
        if not equals:
            raise ValueError(f"--conf part '{part}' has no value: write key=value")
        settings[key.strip()] = setting.strip()
    return settings
