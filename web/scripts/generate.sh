#!/bin/sh
# Writes the contracts of the Python side into src/generated and turns them into TypeScript types.
set -eu
cd "$(dirname "$0")/.."
mkdir -p src/generated
PYTHONPATH=../src "${ANTIPHON_PYTHON:-../.build/venv/bin/python}" -m antiphon.assembly.contracts src/generated
node scripts/types.mjs src/generated
