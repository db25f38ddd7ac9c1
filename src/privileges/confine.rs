//! Landlock: of the file system only what is still needed, and no TCP connection of our own.

use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};

/// The newest rules that we know; an older kernel takes those of them that it knows.
const NEWEST: ABI = ABI::V6;

/// Confines this thread and says what came of it.
pub(super) fn confine(read: &[PathBuf], write: &[PathBuf]) -> String {
    match restrict(read, write) {
        Ok(RulesetStatus::FullyEnforced) => describe("Landlock", read, write),
        Ok(RulesetStatus::PartiallyEnforced) => describe("Landlock, as much as this kernel has", read, write),
        Ok(RulesetStatus::NotEnforced) => "no Landlock: this kernel does not have it".to_owned(),
        Err(error) => format!("no Landlock: {error}"),
    }
}

fn restrict(read: &[PathBuf], write: &[PathBuf]) -> Result<RulesetStatus, RulesetError> {
    let reading: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
    // Reading as well, since a named pipe is opened for both.
    let writing: BitFlags<AccessFs> = AccessFs::WriteFile | AccessFs::ReadFile | AccessFs::MakeReg | AccessFs::Truncate;
    let created = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(read, reading))?
        .add_rules(path_beneath_rules(write, writing))?;
    Ok(created.restrict_self()?.ruleset)
}

fn describe(what: &str, read: &[PathBuf], write: &[PathBuf]) -> String {
    let list = |paths: &[PathBuf]| {
        let names: Vec<String> = paths.iter().map(|path| crate::source::printable_path(path)).collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    };
    format!("{what}: reads {}, writes in {}", list(read), list(write))
}
