//! Text on its way to a terminal, and into a line of JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tcpwhy::report::escape::{escape, escape_and_cut, is_unsafe};
use tcpwhy::report::line::Line;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let escaped = escape(&text);
    assert!(!escaped.chars().any(is_unsafe), "{escaped:?}");
    assert_eq!(escape(&escaped), escaped, "to escape twice does no harm");
    let cut = escape_and_cut(&text, 10);
    assert!(!cut.chars().any(is_unsafe) && cut.chars().count() <= 10 * 10 + 3, "{cut:?}");
    for text in [&*text, &*escaped] {
        let mut json = Vec::new();
        Line(&mut json).text(text);
        let json = String::from_utf8(json).expect("UTF-8");
        assert!(!json.chars().any(is_unsafe), "{json:?}");
        assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
    }
});
