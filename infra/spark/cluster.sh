#!/usr/bin/env bash
# Starts a Spark standalone cluster from the project's environment alone, in the foreground; Java 17 is needed, no other Spark.
#   cluster.sh [OPTIONS]              on this machine: a master, workers and a Connect server; OPTIONS are the server's (spark-submit)
#   cluster.sh master                 on a machine of its own
#   cluster.sh worker spark://HOST:PORT   on each machine that computes; connect-server.sh is given the same SPARK_MASTER
#   SPARK_MASTER_PORT, SPARK_CONNECT_PORT  7077, 15002 (default)
#   SPARK_WORKERS        workers on this machine: 2 (default)
#   SPARK_WORKER_CORES, SPARK_WORKER_MEMORY  of each: its share of the cores, 1g (default); Python workers need as much again
#   SPARK_CLUSTER_ADDRESS  127.0.0.1 (default): where master or worker is reached. Elsewhere SPARK_CLUSTER_SECRET must be set.
#   SPARK_CLUSTER_SECRET   by which master, workers and server know each other; on one machine made up unless given
#   SPARK_CLUSTER_FOLDER   logs and what is shuffled: a temporary folder, removed at the end (default)
# Whoever reaches a worker with the secret runs code with the key. Every machine reads the lake by the same path.
set -euo pipefail
umask 077

fail() { echo "cluster: $1" >&2; exit 2; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
role=all
case ${1:-} in master | worker) role=$1; shift ;; esac
command -v java >/dev/null || fail "Java is not on the PATH: install a Java 17 runtime or build the image with JAVA=true."
[[ $role == master || -n ${IOLAUS_PSEUDONYM_KEY:-} ]] \
  || fail "IOLAUS_PSEUDONYM_KEY is not set: the workers need the key of the nightly run in their own environment."
[[ $role != worker || ${1:-} == spark://* ]] || fail "a worker needs its master: cluster.sh worker spark://HOST:PORT."
address=${SPARK_CLUSTER_ADDRESS:-127.0.0.1}
[[ $address == 127.0.0.1 || -n ${SPARK_CLUSTER_SECRET:-} ]] \
  || fail "SPARK_CLUSTER_SECRET is not set: a cluster that is reached at $address needs one, the same on every machine."
python=$(command -v python) || fail "Python is not on the PATH: activate the project's environment."
SPARK_HOME=$("$python" -c 'import pathlib, pyspark; print(pathlib.Path(pyspark.__file__).parent)') \
  || fail "pyspark cannot be imported by $python: activate the project's environment."
[[ -n ${SPARK_CLUSTER_SECRET:-} ]] || SPARK_CLUSTER_SECRET=$("$python" -c 'import secrets; print(secrets.token_hex(16))')

folder=${SPARK_CLUSTER_FOLDER:-$(mktemp -d)}
mkdir -p "$folder"
export SPARK_HOME SPARK_CLUSTER_SECRET
export _SPARK_AUTH_SECRET=$SPARK_CLUSTER_SECRET # by the environment: on a command line every user of the host could read it
export SPARK_DAEMON_JAVA_OPTS="-Dspark.authenticate=true -Dspark.network.crypto.enabled=true -Dspark.ui.killEnabled=false ${SPARK_DAEMON_JAVA_OPTS:-}"
export SPARK_DAEMON_MEMORY=${SPARK_DAEMON_MEMORY:-512m}
export SPARK_LOCAL_IP=$address SPARK_LOCAL_DIRS=${SPARK_LOCAL_DIRS:-$folder/local}
PYTHONPATH=$(cd "$here/../.." && pwd)${PYTHONPATH:+:$PYTHONPATH}
export PYTHONPATH # executors, and the Python below them, are children of their worker
port=${SPARK_MASTER_PORT:-7077}
workers=${SPARK_WORKERS:-2}
[[ $role == worker ]] || master=spark://$address:$port
[[ $role == all ]] || workers=1

finish() {
  local running
  running=$(jobs -p)
  [[ -z $running ]] || kill $running 2>/dev/null || true
  wait
  [[ -n ${SPARK_CLUSTER_FOLDER:-} ]] || rm -rf "$folder"
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

# started NAME COMMAND...: in the background, its log in the folder; says which process it is
started() {
  local name=$1
  shift
  "$SPARK_HOME/bin/spark-class" "$@" >"$folder/$name.log" 2>&1 &
  echo "cluster: $name is process $!, its log is $folder/$name.log" >&2
}

if [[ $role != worker ]]; then
  started master org.apache.spark.deploy.master.Master --host "$address" --port "$port"
  until (: <"/dev/tcp/$address/$port") 2>/dev/null; do
    kill -0 $! 2>/dev/null || fail "the master ended at once: $(grep -m 1 -i error "$folder/master.log" || tail -1 "$folder/master.log")"
    sleep 0.2
  done
fi
if [[ $role != master ]]; then
  share=$(($(nproc) / workers))
  export SPARK_WORKER_CORES=${SPARK_WORKER_CORES:-$((share > 0 ? share : 1))} SPARK_WORKER_MEMORY=${SPARK_WORKER_MEMORY:-1g}
  for number in $(seq "$workers"); do
    started "worker-$number" org.apache.spark.deploy.worker.Worker --host "$address" --work-dir "$folder/worker-$number" \
      "${master:-$1}"
  done
fi
if [[ $role == all ]]; then
  SPARK_MASTER=$master "$here/connect-server.sh" "$@" &
fi
wait $! # the server's end ends the cluster; a worker's does not
