#!/bin/sh
# The daemon dies 200 times, or KILLS=2000, under load.
set -eu
KILLS=${KILLS:-200} exec /usr/bin/python3 "$(dirname "$0")/../scenario/kill_test.py"
