#!/usr/bin/env bash
# Compiles laptop.txt: MWAA's own pins where they exist, numpy and scipy free on Python 3.11 (theirs need 3.12).
# A plain list of pins for both Pythons: it names no address, so that every registry mirror will do.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
bin="$(cd "$1" && pwd)"
constraints="$(mktemp)"
trap 'rm -f "$constraints"' EXIT
sed -E "s/^(numpy|scipy)==(.*)$/\1==\2 ; python_version >= '3.12'/" \
    "$here/../../dags/constraints-3.3.1-py3.12.txt" >"$constraints"
cd "$here"
"$bin/uv" pip compile laptop.in --constraint "$constraints" --universal --python-version 3.11 \
    --no-header --no-annotate --no-emit-index-url --output-file laptop.txt
