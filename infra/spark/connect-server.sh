#!/usr/bin/env bash
# Starts a Spark Connect server for IOLAUS_ENGINE=sc://localhost:15002 in the foreground; Java 17 and the project's
# environment are needed, no other Spark. Everything given is passed on to spark-submit.
#   SPARK_MASTER        local[*] (default), spark://..., yarn, k8s://...
#   SPARK_CONNECT_PORT  15002 (default)
#   SPARK_CONNECT_ADDRESS  localhost (default): who reaches the server runs code with the key. Elsewhere IOLAUS_ENGINE_TOKEN must be
#                       set, and a proxy that speaks TLS must stand before it: the server itself speaks none.
#   SPARK_CLUSTER_SECRET  of a standalone cluster that has one (cluster.sh)
#   SPARK_ENVIRONMENT   on a cluster whose machines lack this environment: an archive of it made by `venv-pack`
# Server and executors read the lake by the same paths as the client, so it is mounted at the same place everywhere.
set -euo pipefail
umask 077 # what the engine writes into the lake is for its own user, as what the command writes; Hadoop's own umask is below

fail() { echo "connect-server: $1" >&2; exit 2; }

command -v java >/dev/null || fail "Java is not on the PATH: install a Java 17 runtime or build the image with JAVA=true."
[[ -n ${IOLAUS_PSEUDONYM_KEY:-} ]] || fail "IOLAUS_PSEUDONYM_KEY is not set: the executors need the key of the nightly run."
python=$(command -v python) || fail "Python is not on the PATH: activate the project's environment."
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SPARK_HOME=$("$python" -c 'import pathlib, pyspark; print(pathlib.Path(pyspark.__file__).parent)') \
  || fail "pyspark cannot be imported by $python: activate the project's environment."
export SPARK_HOME
master=${SPARK_MASTER:-local[*]}
address=${SPARK_CONNECT_ADDRESS:-localhost}
[[ $address == localhost || -n ${IOLAUS_ENGINE_TOKEN:-} ]] \
  || fail "IOLAUS_ENGINE_TOKEN is not set: a server that listens on $address needs a token."
# By the environment: on a command line every user of the host could read it.
[[ -z ${IOLAUS_ENGINE_TOKEN:-} ]] || export SPARK_CONNECT_AUTHENTICATE_TOKEN=$IOLAUS_ENGINE_TOKEN

settings=(
  "spark.connect.grpc.binding.address=$address"
  "spark.connect.grpc.binding.port=${SPARK_CONNECT_PORT:-15002}"
  "spark.sql.session.timeZone=UTC"
  "spark.hadoop.fs.permissions.umask-mode=077"
  "spark.ui.enabled=false"
  # The key must not show on a page of settings; Spark's own pattern does not know the word "key".
  "spark.redaction.regex=(?i)secret|password|token|key"
)
if [[ -n ${SPARK_CLUSTER_SECRET:-} ]]; then
  # A driver takes it from a file only; this one is open to the server and has no name any more.
  secret=$(mktemp)
  echo "spark.authenticate.secret=$SPARK_CLUSTER_SECRET" >"$secret"
  exec 9<"$secret"
  rm "$secret"
  settings+=("spark.authenticate=true" "spark.network.crypto.enabled=true")
  set -- --properties-file /dev/fd/9 "$@"
fi
if [[ $master == local* ]]; then
  export PYSPARK_PYTHON=$python PYTHONPATH=$project${PYTHONPATH:+:$PYTHONPATH}
else
  if [[ -n ${SPARK_ENVIRONMENT:-} ]]; then
    settings+=("spark.archives=$SPARK_ENVIRONMENT#environment")
    export PYSPARK_PYTHON=./environment/bin/python
  else
    export PYSPARK_PYTHON=$python # the same image, so the same path, on every machine
  fi
  # Elsewhere the machines' own environment holds the key: on a command line every user of the host could read it.
  if [[ $master == k8s://* ]]; then
    settings+=("spark.kubernetes.executor.secretKeyRef.IOLAUS_PSEUDONYM_KEY=iolaus:pseudonym-key")
    [[ -z ${IOLAUS_PSEUDONYM_KEY_BEFORE:-} ]] \
      || settings+=("spark.kubernetes.executor.secretKeyRef.IOLAUS_PSEUDONYM_KEY_BEFORE=iolaus:pseudonym-key-before")
  fi
fi

exec "$SPARK_HOME/bin/spark-submit" --master "$master" --name "iolaus Spark Connect" \
  --class org.apache.spark.sql.connect.service.SparkConnectServer \
  "${settings[@]/#/--conf=}" "$@" spark-internal
