#!/usr/bin/env bash
# What the tests need beyond Python: Java 17 for the second engine and a Chromium for the pages. Installs what is missing by the
# system's packages where it may; else says what to install.
set -euo pipefail
missing=()
command -v java >/dev/null 2>&1 || missing+=(openjdk-17-jre-headless)
command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || missing+=(chromium)
[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ]; then
  echo "error: the tests need a Java 17 runtime and Chromium or Chrome on the PATH; install what is missing (Debian's names: ${missing[*]}), then run this again." >&2
  exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
