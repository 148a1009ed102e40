//! What clients see, told as stories. The answers are those of the store that Debian ships, where
//! `docs/misc/xenstore.txt` leaves a choice; where ours differ, the story says why.

mod world;
use world::World;

#[test]
fn writing_makes_parents_and_reading_finds_them() {
    World::default().check(
        "
        dom0: write /a/b/c hello  => ok
        dom0: read /a/b/c         => hello
        dom0: read /a/b           => empty
        dom0: ls /a               => b
        dom0: write /a/B v        => ok
        dom0: write /a/a v        => ok
        dom0: ls /a               => B a b
        dom0: mkdir /a/b          => ok
        dom0: read /a/b/c         => hello
        dom0: read /nope          => ENOENT
        dom0: ls /nope            => ENOENT
        dom0: read /a/            => EINVAL
        dom0: read /a//b          => EINVAL
        dom0: home 7              => /local/domain/7
    ",
    );
}

#[test]
fn removing_wants_the_parent_only() {
    World::default().check(
        "
        dom0: write /a/b/c v  => ok
        dom0: rm /a/b         => ok
        dom0: rm /a/b         => ok
        dom0: rm /a/b/c       => ENOENT
        dom0: ls /a           => empty
        dom0: rm /            => EINVAL
    ",
    );
}

#[test]
fn a_watch_fires_at_once_and_for_all_below() {
    World::default().check(
        "
        dom0: write /t/x v       => ok
        tool1: watch /t tok      => ok
        tool1: events            => /t:tok
        dom0: write /t/p/q v     => ok
        tool1: events            => /t/p/q:tok
        dom0: mkdir /t/p/q       => ok
        tool1: events            => none
        dom0: rm /t/p            => ok
        tool1: events            => /t/p:tok
        dom0: rm /t/p            => ok
        dom0: write /other v     => ok
        tool1: events            => none
        dom0: chmod /t n0        => ok
        tool1: events            => /t:tok
        tool1: watch /t tok      => EEXIST
        tool1: unwatch /t nope   => ENOENT
        tool1: unwatch /t tok    => ok
        dom0: write /t/x v       => ok
        tool1: events            => none
    ",
    );
}

#[test]
fn removing_a_parent_tells_those_who_watch_below() {
    World::default().check(
        "
        dom0: watch /t/k/l/m deep  => ok
        dom0: events               => /t/k/l/m:deep
        dom0: write /t/k v         => ok
        dom0: rm /t/k              => ok
        dom0: events               => none
        dom0: write /t/k/l/m v     => ok
        dom0: events               => /t/k/l/m:deep
        dom0: rm /t/k              => ok
        dom0: events               => /t/k/l/m:deep
    ",
    );
}

#[test]
fn a_watch_sees_as_deep_as_it_asked() {
    World::default().check(
        "
        tool0: watch /t zero 0  => ok
        tool1: watch /t one 1   => ok
        tool0: events           => /t:zero
        tool1: events           => /t:one
        dom0: write /t v        => ok
        dom0: write /t/a v      => ok
        dom0: write /t/a/b v    => ok
        tool0: events           => /t:zero
        tool1: events           => /t:one /t/a:one
        tool1: watch /t x y     => EINVAL
    ",
    );
}

#[test]
fn guests_use_relative_paths_and_see_them_in_events() {
    World::default().check(
        "
        dom0: write /local/domain/1/name one  => ok
        dom0: chmod /local/domain/1 n1        => ok
        dom0: chmod /local/domain/1/name n0 r1 => ok
        dom0: introduce 1                     => ok
        dom1: read name                       => one
        dom1: watch data w                    => ok
        dom1: events                          => data:w
        dom1: write data/x v                  => ok
        dom1: events                          => data/x:w
        dom0: read /local/domain/1/data/x     => v
        dom1: watch /local/domain/1/data a    => ok
        dom1: events                          => /local/domain/1/data:a
        dom1: rm data/x                       => ok
        dom1: events                          => data/x:w /local/domain/1/data/x:a
    ",
    );
}

#[test]
fn permissions_hold_for_guests_and_not_for_dom0() {
    World::default().check(
        "
        dom0: write /secret v         => ok
        dom0: write /home v           => ok
        dom0: chmod /home n1 r2 b3    => ok
        dom0: introduce 1             => ok
        dom0: introduce 2             => ok
        dom0: introduce 3             => ok
        dom1: read /secret            => EACCES
        dom1: perms /secret           => EACCES
        dom1: write /secret/x v       => EACCES
        dom1: read /nothing           => ENOENT
        dom1: write /home v           => ok
        dom2: read /home              => v
        dom2: write /home v           => EACCES
        dom3: write /home v           => ok
        dom2: rm /home                => EACCES
        dom3: chmod /home n3          => EACCES
        dom1: chmod /home n3          => EACCES
        dom1: chmod /home b1          => ok
        dom2: write /home v           => ok
        dom0: chmod /home n3          => ok
        dom1: read /home              => EACCES
        dom0: chmod /home z3          => EINVAL
        dom0: chmod /home n99999      => EINVAL
        dom0: chmod /nope n0          => ENOENT
    ",
    );
}

#[test]
fn new_nodes_inherit_and_guests_own_what_they_make() {
    // Debian's store leaves the last node to dom0, so a guest could fill the store at dom0's
    // expense; here it is the guest's, and counts against its quota.
    World::default().check(
        "
        dom0: write /d v           => ok
        dom0: chmod /d n1 r2       => ok
        dom0: write /d/x v         => ok
        dom0: perms /d/x           => n1 r2
        dom0: write /shared v      => ok
        dom0: chmod /shared n0 b2  => ok
        dom0: introduce 2          => ok
        dom2: write /shared/a/b v  => ok
        dom0: perms /shared/a/b    => n2 b2
    ",
    );
}

#[test]
fn a_guest_hears_only_of_what_it_may_read() {
    World::default().check(
        "
        dom0: introduce 1         => ok
        dom1: watch /t w          => ok
        dom1: events              => /t:w
        dom0: write /t/x v        => ok
        dom1: events              => none
        dom0: chmod /t/x n0 r1    => ok
        dom1: events              => /t/x:w
        dom0: write /t/x v        => ok
        dom1: events              => /t/x:w
        dom0: chmod /t/x n0       => ok
        dom1: events              => /t/x:w
        dom0: rm /t/x             => ok
        dom1: events              => none
    ",
    );
}

#[test]
fn a_transaction_is_seen_by_others_only_when_committed() {
    World::default().check(
        "
        dom0: write /t/x old       => ok
        tool1: watch /t w          => ok
        tool1: events              => /t:w
        dom0: begin                => 1
        dom0: write /t/x 1 in 1    => ok
        dom0: write /t/x 2 in 1    => ok
        dom0: write /t/n/m v in 1  => ok
        dom0: rm /t/n in 1         => ok
        dom0: mkdir /t/q in 1      => ok
        dom0: rm /t/none in 1      => ok
        dom0: read /t/x in 1       => 2
        tool1: read /t/x           => old
        tool1: events              => none
        dom0: commit 1             => ok
        tool1: read /t/x           => 2
        tool1: events              => /t/x:w /t/q:w
        dom0: read /t/x in 1       => EIO
        dom0: commit 1             => EIO
    ",
    );
}

#[test]
fn an_aborted_transaction_never_was() {
    World::default().check(
        "
        dom0: begin             => 1
        dom0: write /a v in 1   => ok
        dom0: abort 1           => ok
        dom0: read /a           => ENOENT
        dom0: begin             => 2
        dom0: begin in 2        => EBUSY
    ",
    );
}

#[test]
fn a_transaction_fails_if_it_would_have_seen_otherwise() {
    World::default().check(
        "
        dom0: write /t/x old     => ok
        dom0: begin              => 1
        dom0: read /t/x in 1     => old
        dom0: write /t/z 1 in 1  => ok
        tool1: write /t/x new    => ok
        dom0: commit 1           => EAGAIN
        dom0: read /t/z          => ENOENT

        dom0: begin              => 2
        dom0: ls /t in 2         => x
        dom0: write /t/x 1 in 2  => ok
        tool1: write /t/y v      => ok
        dom0: commit 2           => EAGAIN

        dom0: begin              => 3
        dom0: read /gone in 3    => ENOENT
        dom0: write /t/x 1 in 3  => ok
        tool1: write /gone v     => ok
        dom0: commit 3           => EAGAIN

        dom0: begin              => 4
        dom0: perms /t in 4      => n0
        dom0: write /t/x 1 in 4  => ok
        tool1: chmod /t n0 r1    => ok
        dom0: commit 4           => EAGAIN
    ",
    );
}

#[test]
fn a_transaction_commits_if_nothing_it_saw_changed() {
    World::default().check(
        "
        dom0: write /t/x old     => ok
        dom0: write /t/y old     => ok
        dom0: begin              => 1
        dom0: read /t/x in 1     => old
        dom0: ls /t in 1         => x y
        dom0: write /t/x 1 in 1  => ok
        tool1: write /t/y new    => ok
        tool1: write /other v    => ok
        dom0: commit 1           => ok
        dom0: read /t/x          => 1
        dom0: read /t/y          => new

        dom0: begin              => 2
        dom0: read /t/x in 2     => 1
        dom0: write /t/z v in 2  => ok
        tool1: write /t/x 1      => ok
        dom0: commit 2           => ok

        dom0: begin              => 3
        dom0: write /t/x 3 in 3  => ok
        tool1: write /t/x 4      => ok
        dom0: commit 3           => ok
        dom0: read /t/x          => 3

        dom0: begin              => 4
        dom0: read /t/x in 4     => 3
        tool1: write /t/x 5      => ok
        dom0: commit 4           => ok
    ",
    );
}

#[test]
fn a_removal_in_a_transaction_tells_those_below() {
    World::default().check(
        "
        dom0: write /t/a/b v       => ok
        tool1: watch /t/a/b w      => ok
        tool1: events              => /t/a/b:w
        dom0: begin                => 1
        dom0: rm /t/a in 1         => ok
        dom0: mkdir /t/a in 1      => ok
        dom0: commit 1             => ok
        tool1: events              => /t/a/b:w
    ",
    );
}

#[test]
fn domains_come_and_go() {
    World::default().check(
        "
        dom0: watch @introduceDomain i       => ok
        dom0: watch @releaseDomain r         => ok
        dom0: events                         => @introduceDomain:i @releaseDomain:r
        dom0: introduced 1                   => F
        dom0: introduce 1                    => ok
        dom0: events                         => @introduceDomain:i
        dom0: introduced 1                   => T
        dom0: introduce 1                    => ok
        dom0: introduce 1 101 1              => EINVAL
        dom0: introduce 0                    => EINVAL
        dom0: introduce 1000                 => EINVAL
        dom0: introduced 1000                => F
        dom0: events                         => none
        dom1: stops                          => ok
        dom1: stops                          => ok
        dom0: events                         => @releaseDomain:r
        dom0: resume 1                       => ok
        dom1: stops                          => ok
        dom0: events                         => @releaseDomain:r
        dom1: dies                           => ok
        dom1: dies                           => ok
        dom0: events                         => @releaseDomain:r
        dom0: introduced 1                   => F
        dom0: resume 1                       => EINVAL
        dom0: introduce 2                    => ok
        dom0: release 2                      => ok
        dom0: events                         => @introduceDomain:i @releaseDomain:r
        dom0: release 2                      => EINVAL
        dom0: release 0                      => EINVAL
    ",
    );
}

#[test]
fn special_watches_can_name_the_domain_and_be_granted() {
    World::default().check(
        "
        tool1: watch @releaseDomain any 1  => ok
        tool2: watch @releaseDomain/2 two  => ok
        tool1: watch @releaseDomain x 0    => EINVAL
        tool1: events                      => @releaseDomain:any
        tool2: events                      => @releaseDomain/2:two
        dom0: introduce 1                  => ok
        dom0: introduce 2                  => ok
        dom0: introduce 3                  => ok
        dom3: watch @releaseDomain g       => ok
        dom3: events                       => @releaseDomain:g
        dom1: dies                         => ok
        tool1: events                      => @releaseDomain/1:any
        tool2: events                      => none
        dom3: events                       => none
        dom0: chmod @releaseDomain n0 r3   => ok
        dom0: perms @releaseDomain         => n0 r3
        dom3: chmod @releaseDomain n3      => EACCES
        dom2: dies                         => ok
        tool2: events                      => @releaseDomain/2:two
        dom3: events                       => @releaseDomain:g
        dom3: dies                         => ok
        dom0: perms @releaseDomain         => n0
    ",
    );
}

#[test]
fn what_was_a_dead_domains_does_not_pass_to_the_next() {
    World::default().check(
        "
        dom0: write /local/domain/2/own/x v => ok
        dom0: chmod /local/domain/2/own n2  => ok
        dom0: write /shared/two v           => ok
        dom0: chmod /shared n0 b2 r1        => ok
        dom0: chmod /shared/two n1 b2       => ok
        dom0: introduce 2                   => ok
        dom2: dies                          => ok
        dom0: ls /local/domain/2            => empty
        dom0: perms /shared                 => n0 r1
        dom0: perms /shared/two             => n1
    ",
    );
}

#[test]
fn a_device_model_acts_for_its_target() {
    World::default().check(
        "
        dom0: write /local/domain/2/n v    => ok
        dom0: chmod /local/domain/2 n2     => ok
        dom0: chmod /local/domain/2/n n2   => ok
        dom0: write /far v                 => ok
        dom0: chmod /far n0 r2             => ok
        dom0: introduce 1                  => ok
        dom0: target 1 2                   => ENOENT
        dom0: introduce 2                  => ok
        dom1: read /local/domain/2/n       => EACCES
        dom1: target 1 2                   => EACCES
        dom0: target 1 2                   => ok
        dom1: read /local/domain/2/n       => v
        dom1: read /far                    => v
        dom1: write /local/domain/2/m v    => ok
        dom1: perms /local/domain/2/m      => n2
        dom1: chmod /local/domain/2/m n1   => EACCES
        dom2: dies                         => ok
        dom1: read /far                    => EACCES
    ",
    );
}

#[test]
fn guests_may_not_do_what_is_dom0s() {
    World::default().check(
        "
        dom0: introduce 1            => ok
        dom1: introduce 2            => EACCES
        dom1: release 2              => EACCES
        dom1: introduced 2           => EACCES
        dom1: resume 2               => EACCES
        dom1: control print hi       => EACCES
        dom1: home 2                 => /local/domain/2
    ",
    );
}

#[test]
fn a_client_that_leaves_takes_its_watches_along() {
    World::default().check(
        "
        tool1: watch rel w     => ok
        tool1: begin           => 1
        dom0: control watches  => watch A1: /local/domain/0/rel w
        tool1: closes          => ok
        dom0: control watches  => empty
        dom0: watch /t w       => ok
        dom0: reset            => ok
        dom0: control watches  => empty
    ",
    );
}

#[test]
fn the_administrator_is_answered() {
    let world = World::default().check(
        "
        dom0: control check                => ok
        dom0: control print hello          => ok
        dom0: control quota set nodes 5    => ok
        dom0: control quota set nonsense 5 => EINVAL
        dom0: control quota 7              => ENOENT
        dom0: control nonsense             => EINVAL
        dom0: control log on               => ok
    ",
    );
    assert_eq!(world.stage.printed, ["hello"]);
}
