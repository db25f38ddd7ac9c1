//! The integration tests, in one binary.

mod bad_input;
mod capture;
mod capture_file;
mod captures;
mod catalogue;
mod check;
mod cli;
mod clocks;
mod conditions;
mod examples;
mod faults;
mod guard;
mod hostile;
mod interrupt;
mod long_captures;
mod model;
mod mutations;
mod packets;
mod places;
mod program;
mod properties;
mod readme;
mod report;
mod scripts;
mod translation;
