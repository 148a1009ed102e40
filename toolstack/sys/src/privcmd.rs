//! Hypercalls and guest memory through `/dev/xen/privcmd`.
