//! The body on the simulated machine: stories of hypercalls, and a fuzzer.
//!
//! Each test makes domains, lets them make hypercalls through the body's own loop, and ends them. After every step
//! [`world::World::check`] holds: each frame is free or somebody's, and nobody maps a stranger's page.

mod fuzz;
mod stories;
mod story;
mod world;
