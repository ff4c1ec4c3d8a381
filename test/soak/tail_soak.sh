#!/bin/sh
# A thousand rotations, and who follows the log sees each record once.
set -eu
build=$(dirname "$CORE")/..
ninja -C "$build" test/fault/drive >/dev/null
ROTATIONS=${ROTATIONS:-1000} DRIVE=$build/test/fault/drive exec /usr/bin/python3 "$(dirname "$0")/../fault/tail_test.py"
