# shellcheck shell=sh
# What scripts for disks need. To be sourced.

# shellcheck source=toolstack/scripts/xen-hotplug-common.sh
. "$(dirname "$0")/xen-hotplug-common.sh"

case $command in
    add | remove) ;;
    *) fatal "this script does not know what $command means" ;;
esac

# numbers_of DEVICE : major and minor in hexadecimal, as the driver reads them.
numbers_of() {
    stat -L -c %t:%T "$1"
}

# write_dev DEVICE : gives the driver a block device of dom0.
write_dev() {
    [ -b "$1" ] || fatal "$1 is not a block device"
    numbers=$(numbers_of "$1") || fatal "$1 has no numbers"
    xenstore_write "$XENBUS_PATH/physical-device-path" "$1" "$XENBUS_PATH/physical-device" "$numbers"
    success
}

# canonicalise_mode MODE : r for reading, w for writing, ! for writing whoever else may.
canonicalise_mode() {
    case $1 in
        *!*) echo '!' ;;
        *w*) echo w ;;
        *) echo r ;;
    esac
}
