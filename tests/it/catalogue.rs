//! The catalogue of causes keeps its promises: every cause is listed, has a file and an example.

use std::fs;
use std::path::Path;

use tcpwhy::causes::{self, Group};

#[test]
fn only_patterns_and_the_fallback_lack_an_example() {
    for cause in causes::ALL {
        let may = cause.group == Group::Pattern || cause.id == "unexplained";
        assert!(may || !cause.example.trim().is_empty(), "{} has no example", cause.id);
    }
}

#[test]
fn every_cause_has_a_file_of_its_name_and_every_file_its_cause() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/causes");
    for cause in causes::ALL {
        assert!(folder.join(format!("{}.rs", cause.id)).is_file(), "{} has no file", cause.id);
    }
    for entry in fs::read_dir(folder).expect("the catalogue's folder") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a source file");
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a plain name");
        if text.contains("pub static CAUSE: Cause") {
            assert!(causes::find(name).is_some(), "{name} is not in causes::ALL");
        }
    }
}
