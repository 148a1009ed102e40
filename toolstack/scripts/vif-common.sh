# shellcheck shell=sh
# What scripts for network cards need. To be sourced, with the script's own words in "$@".
#
# Sets `dev` (the interface in dom0), `type_if` (vif or tap), `ip` (addresses of the guest, or
# nothing), `main_ip` (an address of dom0, for vif-route), and renames the interface if the
# configuration says so.

# shellcheck source=toolstack/scripts/xen-hotplug-common.sh
. "$(dirname "$0")/xen-hotplug-common.sh"

type_if=vif
for word; do
    case $word in
        type_if=*) type_if=${word#type_if=} ;;
    esac
done

case $command in
    online | offline | add | remove) ;;
    *) fatal "this script does not know what $command means" ;;
esac

case $type_if in
    tap) dev=${INTERFACE:-} ;;
    *) dev=${vif:-} ;;
esac
[ -n "$dev" ] || fatal "nobody said which interface is meant (vif= is not set)"

if [ "$type_if" = vif ] && [ "$command" = online ]; then
    vifname=$(xenstore_read_default "$XENBUS_PATH/vifname" "")
    if [ -n "$vifname" ] && [ "$vifname" != "$dev" ]; then
        if [ ! -e "/sys/class/net/$vifname" ]; then
            do_or_die ip link set dev "$dev" down
            do_or_die ip link set dev "$dev" name "$vifname"
        fi
        dev=$vifname
    fi
fi

ip=$(xenstore_read_default "$XENBUS_PATH/ip" "${ip:-}")

# One rule of the packet filter: -I puts it there, -D takes it away.
filter() {
    action=$1
    shift
    case $1 in
        *:*) program=ip6tables ;;
        *) program=iptables ;;
    esac
    command -v "$program" >/dev/null 2>&1 || return 0
    if [ "$1" = any ]; then
        set --
    else
        set -- --source "$1"
    fi
    do_without_error "$program" -w "$action" FORWARD -m physdev --physdev-is-bridged \
        --physdev-in "$dev" "$@" -j ACCEPT
}

# Lets a bridged card's packets through where bridged packets are filtered: from its addresses if
# it has any, else all.
handle_iptable() {
    [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || return 0
    case $command in
        online | add) action=-I ;;
        *) action=-D ;;
    esac
    for address in ${ip:-any}; do
        filter "$action" "$address"
    done
}

# set_mtu [BRIDGE] : the configuration's, else the bridge's; the guest is told.
set_mtu() {
    mtu=$(xenstore_read_default "$XENBUS_PATH/mtu" "")
    if [ -z "$mtu" ] && [ -n "$1" ]; then
        read -r mtu <"/sys/class/net/$1/mtu"
    fi
    [ -n "$mtu" ] || return 0
    do_or_die ip link set dev "$dev" mtu "$mtu"
    if [ "$type_if" = vif ]; then
        frontend=$(xenstore_read "$XENBUS_PATH/frontend")
        xenstore_write "$frontend/mtu" "$mtu"
    fi
}

# dom0's address towards the guests, for scripts that route.
dom0_ip() {
    gateway=$(xenstore_read_default "$XENBUS_PATH/gatewaydev" "${netdev:-}")
    [ -n "$gateway" ] || gateway=$(ip -4 route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
    ip -4 -o address show primary dev "$gateway" 2>/dev/null | sed -n 's,.* inet \([0-9.]*\).*,\1,p' | head -n 1
}
