"""The local file system that Glue runs use: Hadoop's own, less a process started for every file.

Without Hadoop's native library, RawLocalFileSystem runs `chmod` as a program after each file and folder it makes.
A first load makes thousands: that was a quarter of the silver job's time. The folders are the user's own, so the
permissions of the process's umask are right as they are. The class is compiled once, at set-up, by the compiler
that Spark brings (a bare Java has none).
"""

from __future__ import annotations

import zipfile
from pathlib import Path

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
    """Compile the class into `jar`. Starts a JVM of its own and ends it."""
    from pyspark.java_gateway import launch_gateway

    gateway = launch_gateway()
    try:
        jvm = gateway.jvm
        compiler = jvm.org.codehaus.janino.SimpleCompiler()
        compiler.setParentClassLoader(jvm.java.lang.Thread.currentThread().getContextClassLoader())
        compiler.cook(SOURCE)
        classes = {name: bytes(code) for name, code in compiler.getBytecodes().items()}
    finally:
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait()
    with zipfile.ZipFile(jar, "w") as archive:
        for name, code in classes.items():
            archive.writestr(name.replace(".", "/") + ".class", code)


def settings(jar: Path) -> dict[str, str]:
    """Spark properties that read and write files with it; Hadoop's own class where `jar` was never made."""
    quiet = jar.exists()
    name = QUIET_FILE_SYSTEM if quiet else HADOOP_FILE_SYSTEM
    found = {
        "spark.hadoop.fs.file.impl": name,
        "spark.hadoop.fs.viewfs.overload.scheme.target.file.impl": name,
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme",
    }
    return {**found, "spark.driver.extraClassPath": str(jar)} if quiet else found
