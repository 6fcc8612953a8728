#!/usr/bin/env bash
# Makes a folder with a Python of its own: venv.sh FOLDER
set -euo pipefail
python3 -m venv "$1" 2>/dev/null || {
  # Debian has venv in a package of its own. What the first attempt left behind would be in the way.
  rm -rf "$1"
  apt-get update -qq && apt-get install -y -qq python3 python3-venv >/dev/null
  python3 -m venv "$1"
}
