#!/bin/sh
# The revision floor (src/sidecar/floor_test.c): 10,000 sequences of installing, dying, files put back,
# clocks moved and starting again.  Minutes; most of it is waiting for the disk.
set -eu
build=$(dirname "$(dirname "$CORE")")
ninja -C "$build" --quiet src/sidecar/sidecar_floor_test >&2
exec "$build/src/sidecar/sidecar_floor_test" "${SEQUENCES:-10000}"
