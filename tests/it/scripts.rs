//! Every script under tests/scripts, under every condition.

use std::fs;
use std::path::{Path, PathBuf};

use crate::check::check;

/// The scripts of a folder and of those in it, by name.
fn scripts(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of scripts") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(scripts(&path));
        } else if path.extension().is_some_and(|extension| extension == "pkt") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn every_script_yields_what_it_expects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let scripts = scripts(&folder);
    assert!(scripts.len() >= 80, "only {} scripts were found", scripts.len());
    let mut complaints = Vec::new();
    for path in &scripts {
        let text = fs::read_to_string(path).expect("a readable script");
        if let Err(complaint) = check(&text) {
            complaints.push(format!("{}\n{complaint}", path.strip_prefix(&folder).unwrap_or(path).display()));
        }
    }
    assert!(complaints.is_empty(), "{} of {} scripts:\n{}", complaints.len(), scripts.len(), complaints.join("\n"));
}
