#!/bin/sh
# MWAA runs this before it installs requirements.txt, on every scheduler, worker and web server.
# Settings that differ from plugins/biz_insights/settings.py are exported here or kept in the Airflow
# Variable biz_insights (one JSON object); credentials never are.
export GX_ANALYTICS_ENABLED=false
export AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE=true
# pyarrow 25's own allocator can crash when a thread other than the first begins using it.
export ARROW_DEFAULT_MEMORY_POOL=system
