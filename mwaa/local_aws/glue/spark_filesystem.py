"""The local file system that Glue runs use: Hadoop's own, without a new process for each file.

Without Hadoop's native library, RawLocalFileSystem runs the program `chmod` after each file and folder it creates.
A first load creates thousands, which took a quarter of a job's time. The folders belong to the user, so the
permissions that the process's umask gives are right. The class is compiled once, at set-up, by the compiler among
Spark's jars (a Java runtime alone has none).
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from mwaa.local_aws.glue.pyspark_internals import compile_java

HADOOP_FILE_SYSTEM = "org.apache.hadoop.fs.RawLocalFileSystem"
QUIET_FILE_SYSTEM = "localaws.QuietLocalFileSystem"

SOURCE = """
package localaws;
public class QuietLocalFileSystem extends org.apache.hadoop.fs.RawLocalFileSystem {
    public void setPermission(
        org.apache.hadoop.fs.Path path, org.apache.hadoop.fs.permission.FsPermission permission) {}
}
"""


def compile_to(jar: Path) -> None:
    """Compile the class into `jar`; this starts a Java and ends it."""
    with zipfile.ZipFile(jar, "w") as archive:
        for name, code in compile_java(SOURCE).items():
            archive.writestr(name.replace(".", "/") + ".class", code)


def settings(jar: Path) -> dict[str, str]:
    """Return Spark properties that use the class in `jar`, or Hadoop's own class when `jar` does not exist."""
    quiet = jar.exists()
    name = QUIET_FILE_SYSTEM if quiet else HADOOP_FILE_SYSTEM
    found = {
        "spark.hadoop.fs.file.impl": name,
        "spark.hadoop.fs.viewfs.overload.scheme.target.file.impl": name,
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme",
    }
    return {**found, "spark.driver.extraClassPath": str(jar)} if quiet else found
