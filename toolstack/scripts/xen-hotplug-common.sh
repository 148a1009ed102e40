# shellcheck shell=sh
# What every hotplug script needs: the store, the log, and one way to fail and one to succeed.
#
# To be sourced. Sets `dir` (where the scripts are) and `command` (the first word).

PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LANG=C
export PATH LANG

dir=$(dirname "$0")
command=$1
XENBUS_BASE_PATH=${XENBUS_BASE_PATH:-backend}

# log LEVEL WORDS... : the tools collect our standard error.
log() {
    shift
    echo "$*" >&2
}

# fatal WORDS... : tells the store and whoever called, and ends.
fatal() {
    if [ -n "$XENBUS_PATH" ]; then
        xenstore-write "$XENBUS_PATH/hotplug-error" "$*" "$XENBUS_PATH/hotplug-status" error || true
    fi
    log err "$*"
    exit 1
}

# success: what was asked for is done.
success() {
    xenstore_write "$XENBUS_PATH/hotplug-status" connected
}

# do_or_die COMMAND... : runs it, or fails with its words.
do_or_die() {
    "$@" || fatal "$* failed"
}

# do_without_error COMMAND... : for undoing what may not have been done.
do_without_error() {
    "$@" 2>/dev/null || true
}

xenstore_read() {
    xenstore-read "$@" 2>/dev/null || fatal "cannot read $* in xenstore"
}

# xenstore_read_default PATH DEFAULT
xenstore_read_default() {
    xenstore-read "$1" 2>/dev/null || echo "$2"
}

# xenstore_write PATH VALUE [PATH VALUE]...
xenstore_write() {
    xenstore-write "$@" || fatal "cannot write $1 in xenstore"
}
