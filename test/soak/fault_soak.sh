#!/bin/sh
# Every system call of the audit writer fails, each way, and the process dies at each.
set -eu
here=$(dirname "$0")
build=$(dirname "$CORE")/..
ninja -C "$build" test/fault/drive >/dev/null
FAULTS=all DRIVE=$build/test/fault/drive exec /usr/bin/python3 "$here/../fault/fault_test.py"
