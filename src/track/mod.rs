//! Connections, and the shadow of each endpoint's kernel.

pub mod kernel;
