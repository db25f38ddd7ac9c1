//! The integration tests, in one binary.

mod bad_input;
mod capture;
mod capture_file;
mod captures;
mod catalogue;
mod check;
mod cli;
mod conditions;
mod examples;
mod guard;
mod model;
mod properties;
mod readme;
mod report;
mod scripts;
