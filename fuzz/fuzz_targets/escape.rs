//! Text on its way to a terminal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tcpwhy::report::escape::{escape, escape_and_cut, is_unsafe};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let escaped = escape(&text);
    assert!(!escaped.chars().any(is_unsafe), "{escaped:?}");
    assert_eq!(escape(&escaped), escaped, "to escape twice does no harm");
    let cut = escape_and_cut(&text, 10);
    assert!(!cut.chars().any(is_unsafe) && cut.chars().count() <= 10 * 10 + 3, "{cut:?}");
    let json = serde_json::to_string(&escaped).expect("JSON");
    assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), escaped);
});
