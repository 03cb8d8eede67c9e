#!/bin/sh
# A cluster of three primaries with a replica each; one of the primaries goes, and its replica takes its place.
#
#     sh examples/cluster.sh
#
# It wants redis-cli (Debian: redis-tools). MINIREDIS says how the server is started, FIRST which is the first
# of the six ports; the nodes talk to each other on these ports + 10000.
set -eu
: "${MINIREDIS:=./miniredis}" "${FIRST:=7001}"
dir=$(mktemp -d)
ports=$(seq "$FIRST" $((FIRST + 5)))

# Ends everything, however this ends.
finish() {
  for port in $ports; do
    redis-cli -p "$port" SHUTDOWN NOSAVE NOW > /dev/null 2>&1 || true
  done
  wait
  rm -r "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM

# Waits until the output of a command has a text in it: `expect TEXT COMMAND …`.
expect() {
  text=$1; shift; tries=0
  until "$@" 2> /dev/null | tr -d '\r' | grep -q "$text"; do
    tries=$((tries + 1))
    if [ $tries -gt 600 ]; then echo "waited in vain for $text of $*"; exit 1; fi
    sleep 0.1
  done
}

# --- Six nodes, which redis-cli makes a cluster ---

places=""
for port in $ports; do
  mkdir "$dir/$port"
  $MINIREDIS --port "$port" --dir "$dir/$port" --cluster-enabled yes --cluster-node-timeout 3000 \
    > "$dir/$port.log" &
  places="$places 127.0.0.1:$port"
done
for port in $ports; do expect PONG redis-cli -p "$port" PING; done
# shellcheck disable=SC2086 # they are six arguments
redis-cli --cluster create $places --cluster-replicas 1 --cluster-yes > "$dir/create.log"
for port in $ports; do expect cluster_state:ok redis-cli -p "$port" CLUSTER INFO; done
# News of who is whose replica takes a moment to go round.
replicas() { redis-cli -p "$FIRST" CLUSTER NODES | grep -c slave; }
expect 3 replicas
echo "$(redis-cli -p "$FIRST" CLUSTER NODES | grep -c master) primaries serve all slots"

# --- Each key has its node, to which redis-cli -c goes ---

redis-cli -c -p "$FIRST" SET greeting hello
echo "its slot is $(redis-cli -p "$FIRST" CLUSTER KEYSLOT greeting)"
for port in $ports; do
  if redis-cli -p "$port" SET greeting hello | grep -q OK; then primary=$port; fi
done
id=$(redis-cli -p "$primary" CLUSTER MYID)
replica=$(redis-cli -p "$FIRST" CLUSTER REPLICAS "$id" | sed 's/.*127.0.0.1:\([0-9]*\)@.*/\1/')
expect master_link_status:up redis-cli -p "$replica" INFO replication
redis-cli -p "$primary" WAIT 1 10000

# --- That node goes, and its replica takes its place ---

redis-cli -p "$primary" SHUTDOWN NOSAVE NOW
expect role:master redis-cli -p "$replica" INFO replication
expect cluster_state:ok redis-cli -p "$replica" CLUSTER INFO
echo "the replica serves the slot: $(redis-cli -p "$replica" GET greeting)"
