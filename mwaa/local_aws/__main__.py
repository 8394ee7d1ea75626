"""Command line: serve the endpoint, stop it, or prepare this Python environment for faster Glue runs."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from mwaa.local_aws.errors import EndpointError
from mwaa.local_aws.server.lock import StateLock, is_served
from mwaa.local_aws.server.users import UserWatch

STOP_SECONDS = 30.0
USERS_SECONDS = 0.5
"""How often an endpoint looks whether anybody uses it."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the process's exit code."""
    parser = argparse.ArgumentParser(prog="python -m mwaa.local_aws", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve_parser = commands.add_parser("serve", help="run the endpoint until SIGTERM or Ctrl-C")
    serve_parser.add_argument("--port", type=int, default=0, help="port for all services except S3 (0: a free one)")
    serve_parser.add_argument("--s3-port", type=int, default=0, help="port for S3 (0: a free one)")
    serve_parser.add_argument("--provisioning", type=Path, help="TOML file of the resources to create (default: none)")
    serve_parser.add_argument("--warm-spark", action="store_true", help="have a Spark ready for the next Glue run")
    serve_parser.add_argument(
        "--until-unused", action="store_true", help="stop when no process that joined uses it any more"
    )
    stop_parser = commands.add_parser("stop", help="stop the endpoint that serves a state folder")
    for command in (serve_parser, stop_parser):
        command.add_argument("--state", type=Path, required=True, help="folder of the endpoint's state")
    commands.add_parser("prepare", help="create Java's class archive, so that Glue runs start faster (once, 30 s)")
    options = parser.parse_args(arguments)
    try:
        if options.command == "serve":
            return serve(options)
        if options.command == "stop":
            return stop(options.state)
        return prepare()
    except EndpointError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def serve(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT (or until nobody uses it), then save the state and stop."""
    from mwaa.local_aws.frozen_imports import excluded_from_garbage_collection
    from mwaa.local_aws.server.endpoint import LocalEndpoint

    stopping = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stopping.set())
    endpoint = LocalEndpoint(
        options.state,
        provisioning=options.provisioning,
        port=options.port,
        s3_port=options.s3_port,
        warm_spark=options.warm_spark,
        until_unused=options.until_unused,
    )
    with excluded_from_garbage_collection():
        endpoint.start()
    try:
        print(f"endpoint ready: {endpoint.layout.ready_file}", flush=True)
        users = UserWatch(endpoint.layout.root) if options.until_unused else None
        while not stopping.wait(USERS_SECONDS):
            if users is not None and users.nobody_left():
                break
    finally:
        endpoint.stop()
    return 0


def stop(state_dir: Path) -> int:
    """Stop the endpoint that serves `state_dir` and wait for its end. It is fine when none runs."""
    if not is_served(state_dir):
        print(f"no endpoint serves {state_dir}")
        return 0
    pid = int(StateLock(state_dir).holder())
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while is_served(state_dir):
        if time.monotonic() > deadline:
            raise EndpointError(f"process {pid} did not stop within {STOP_SECONDS:.0f} s: end it with `kill -9 {pid}`")
        time.sleep(0.05)
    return 0


def prepare() -> int:
    """Create the class archive of this Python environment."""
    from mwaa.local_aws.glue.spark_classes import create_class_archive, java_home

    if not java_home():
        raise EndpointError("Spark needs Java 17 and there is no 'java' on PATH: install openjdk-17-jre-headless")
    try:
        print(create_class_archive())
    except subprocess.CalledProcessError as error:
        reason = (error.stderr or b"").decode("utf-8", "replace").strip().splitlines()
        raise EndpointError(f"Spark could not run: {reason[-1] if reason else error}") from error
    except OSError as error:
        raise EndpointError(f"the class archive cannot be written: {error}") from error
    return 0


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is stopped and saved. Python's own clean-up of the loaded modules would take another second.
    os._exit(code)
