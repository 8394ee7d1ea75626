"""What the endpoint uses of PySpark and Spark beyond their documented interface: the gateway to Java.

PySpark talks to Spark's Java through a py4j gateway. The endpoint ends that Java explicitly, because the class archive
is written at Java's end, and it lets several scripts use one Java, one after the other.
"""

from __future__ import annotations

from typing import Any

HOLDS_FOR = {"pyspark": ("4.1.1", "4.2"), "py4j": ("0.10.9.9", "0.10.10")}
"""By package: the first version that this was checked with, and the first version outside.

It covers `SparkContext._gateway`, `java_gateway.launch_gateway`, the `proc` of a gateway, the environment variables
PYSPARK_GATEWAY_PORT and PYSPARK_GATEWAY_SECRET, `SparkContext$.MODULE$.getActive`, `sql.classic.SparkSession` and the
Janino compiler among Spark's jars.
"""


def start_gateway() -> Any:
    """Start a Java of its own and return its gateway."""
    from pyspark.java_gateway import launch_gateway

    return launch_gateway()


def gateway_of(spark: Any) -> Any:
    """Return the gateway of a SparkSession."""
    return spark.sparkContext._gateway


def end_gateway(gateway: Any) -> None:
    """End the Java behind a gateway and wait for its end."""
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()


def joining_environment(gateway: Any) -> dict[str, str]:
    """Return the environment variables with which a PySpark script uses this Java instead of starting its own."""
    parameters = gateway.gateway_parameters
    return {"PYSPARK_GATEWAY_PORT": str(parameters.port), "PYSPARK_GATEWAY_SECRET": parameters.auth_token}


def reset_java(gateway: Any) -> None:
    """Remove what a script left in Java: its Spark context, its session and its file systems with their buckets."""
    jvm = gateway.jvm
    # getActive is private to Spark: Java can reach it only through Scala's companion object.
    contexts = getattr(getattr(jvm.org.apache.spark, "SparkContext$"), "MODULE$")
    active = contexts.getActive()
    if active.isDefined():
        active.get().stop()
    session = jvm.org.apache.spark.sql.classic.SparkSession
    session.clearDefaultSession()
    session.clearActiveSession()
    jvm.org.apache.hadoop.fs.FileSystem.closeAll()


def compile_java(source: str) -> dict[str, bytes]:
    """Compile Java source against Spark's and Hadoop's classes; return the bytes of each class by its name."""
    gateway = start_gateway()
    try:
        jvm = gateway.jvm
        compiler = jvm.org.codehaus.janino.SimpleCompiler()
        compiler.setParentClassLoader(jvm.java.lang.Thread.currentThread().getContextClassLoader())
        compiler.cook(source)
        return {name: bytes(code) for name, code in compiler.getBytecodes().items()}
    finally:
        end_gateway(gateway)
