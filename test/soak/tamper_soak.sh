#!/bin/sh
# Ten thousand random edits of a log and a thousand clean ones, each found or left alone.
set -eu
ninja -C "$(dirname "$CORE")/.." src/audit/audit_tamper_test >/dev/null
exec "$(dirname "$CORE")/../src/audit/audit_tamper_test" "${EDITS:-10010}" "${SEED:-11}"
