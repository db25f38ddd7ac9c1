//! The integration tests, in one binary.

mod capture;
mod capture_file;
mod catalogue;
mod check;
mod cli;
mod conditions;
mod report;
mod scripts;
