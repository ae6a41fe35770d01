#!/usr/bin/env bash
# What the tests need beyond Python: Java 17 for the second engine, a Chromium for the pages, a PostgreSQL server for the second
# warehouse. Installs what is missing by the system's packages where it may; else says what to install.
set -euo pipefail
missing=()
command -v java >/dev/null 2>&1 || missing+=(openjdk-17-jre-headless)
command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || missing+=(chromium)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null 2>&1 || missing+=(postgresql)
[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ]; then
  echo "error: the tests need a Java 17 runtime, Chromium or Chrome on the PATH and a PostgreSQL server; install what is missing (Debian's names: ${missing[*]}), then run this again." >&2
  exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
