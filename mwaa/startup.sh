#!/bin/sh
# MWAA runs this before it installs requirements.txt, on every scheduler, worker and web server.
# Export settings that differ from the defaults in plugins/biz_insights/settings.py here, or write them to the
# Airflow Variable biz_insights (one JSON object). Never write credentials here.
export GX_ANALYTICS_ENABLED=false
# Glue builds wait in the triggerer and hold no worker; `make run DEFERRABLE=1` runs the same on a laptop.
export AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE=true
# pyarrow 25's own memory allocator can crash when a thread other than the first one uses it first.
export ARROW_DEFAULT_MEMORY_POOL=system
