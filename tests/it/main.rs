//! The integration tests, in one binary.

mod capture;
mod cli;
mod report;
