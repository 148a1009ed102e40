# shellcheck shell=sh
# Locks between scripts that run at the same time. To be sourced.
#
# A lock is a file that is held open: it goes with the process, however that ends.

LOCK_DIR=${LOCK_DIR:-/run/xen-hotplug}

# claim_lock NAME : waits until it is ours. One lock at a time.
claim_lock() {
    mkdir -p "$LOCK_DIR"
    exec 9>"$LOCK_DIR/$1"
    flock 9
}

# release_lock NAME
release_lock() {
    exec 9>&-
}
