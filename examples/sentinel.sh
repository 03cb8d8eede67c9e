#!/bin/sh
# A primary, a replica of it, and a Sentinel, which makes the replica the primary when that has gone.
#
#     sh examples/sentinel.sh
#
# It wants redis-sentinel and redis-cli (Debian: redis-sentinel, redis-tools). MINIREDIS says how the server
# is started, PRIMARY, REPLICA and SENTINEL on which ports.
set -eu
: "${MINIREDIS:=./miniredis}" "${PRIMARY:=7001}" "${REPLICA:=7002}" "${SENTINEL:=7003}"
dir=$(mktemp -d)
mkdir "$dir/primary" "$dir/replica"

# Ends everything, however this ends.
finish() {
  for port in "$SENTINEL" "$REPLICA" "$PRIMARY"; do
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

# --- The three of them ---

$MINIREDIS --port "$PRIMARY" --dir "$dir/primary" > "$dir/primary.log" &
$MINIREDIS --port "$REPLICA" --dir "$dir/replica" --replicaof "127.0.0.1 $PRIMARY" > "$dir/replica.log" &
expect master_link_status:up redis-cli -p "$REPLICA" INFO replication

cat > "$dir/sentinel.conf" << END
port $SENTINEL
dir $dir
sentinel monitor main 127.0.0.1 $PRIMARY 1
sentinel down-after-milliseconds main 1000
END
redis-sentinel "$dir/sentinel.conf" > "$dir/sentinel.log" &
expect "^$REPLICA$" redis-cli -p "$SENTINEL" SENTINEL replicas main
echo "the primary has a replica, and Sentinel knows both"

# --- What is written to the primary is on the replica ---

redis-cli -p "$PRIMARY" << END
SET greeting hello
WAIT 1 10000
END
echo "the replica says $(redis-cli -p "$REPLICA" GET greeting)"

# --- The primary goes, and the replica takes its place ---

redis-cli -p "$PRIMARY" SHUTDOWN NOSAVE NOW
expect "^$REPLICA$" redis-cli -p "$SENTINEL" SENTINEL get-master-addr-by-name main
expect role:master redis-cli -p "$REPLICA" INFO replication
echo "the replica is the primary: $(redis-cli -p "$REPLICA" SET greeting 'hello again')"
