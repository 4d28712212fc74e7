#!/bin/sh
# Keep the database of a read-only instance current with what Litestream replicates.
#
#   FEEDSVC_INSTANCE=/srv/feedsvc/instance FEEDSVC_REPLICA=file:///srv/replica/feedsvc deploy/follow-replica.sh
#
# It ends when litestream ends. Let a supervisor start it again (systemd: Restart=always), and each night in any case
# (RuntimeMaxSec=1d). Each start makes a fresh copy and replaces the old one with it; until then feedsvc reads the old
# one. So a fault in a copy never lasts longer than a day. feedsvc: read_only = true, site_url as that of the writer.
set -eu

database="${FEEDSVC_INSTANCE:?}/feedsvc.db"
next="$database.next"
if [ -e "$FEEDSVC_INSTANCE/secret_key" ]; then
    echo "$FEEDSVC_INSTANCE is an instance that writes (it has a secret_key): nothing was changed" >&2
    exit 2
fi
mkdir -p "$FEEDSVC_INSTANCE"
rm -f "$next" "$next.tmp" "$next.link" "$next-txid" "$next-txid.tmp"

litestream restore -f -follow-interval "${FOLLOW_INTERVAL:-500ms}" -o "$next" "${FEEDSVC_REPLICA:?}" &
follower=$!
trap 'kill "$follower" 2>/dev/null || true' TERM INT

# The first file appears when the copy is complete, the second when litestream begins to follow.
until [ -e "$next" ] && [ -e "$next-txid" ]; do
    kill -0 "$follower" 2>/dev/null || { wait "$follower"; exit 1; }
    sleep 0.1
done

# The copy has to be in rollback mode before anybody opens it: a reader in WAL mode holds a lock as long as it is
# connected, and litestream would wait for it for ever. Litestream sets these two bytes too, but only with the first
# change.
printf '\001\001' | dd of="$next" bs=1 seek=18 conv=notrunc 2>/dev/null
ln "$next" "$next.link" # a second name, so that litestream still finds the first
mv "$next.link" "$database"
rm -f "$database-wal" "$database-shm"
echo "following $FEEDSVC_REPLICA into $database"

status=0
wait "$follower" || status=$?
wait "$follower" 2>/dev/null || true # after a signal, wait until it has ended
exit "$status"
