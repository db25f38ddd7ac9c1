//! The integration tests, in one binary.

mod capture;
mod capture_file;
mod catalogue;
mod check;
mod cli;
mod conditions;
mod guard;
mod report;
mod scripts;
