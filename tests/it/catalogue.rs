//! Every file of the catalogue of causes is listed. The unit tests of `causes` ask the rest.

use std::fs;
use std::path::Path;

use tcpwhy::causes;

#[test]
fn every_file_of_a_cause_is_listed() {
    let mut paths = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/causes")];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source file");
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a plain name");
        if text.contains("pub static CAUSE: Cause") {
            assert!(causes::find(name).is_some(), "{name} is not in causes::ALL");
        }
    }
}
