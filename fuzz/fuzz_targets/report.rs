//! A report in JSON and in text, and what holds for any of them.
#![allow(dead_code)]

use std::net::IpAddr;

use tcpwhy::analysis::Listener;
use tcpwhy::diagnose::{Finding, Summary};
use tcpwhy::report::escape::is_unsafe;
use tcpwhy::report::output::Output;
use tcpwhy::report::{Format, Options, Report};
use tcpwhy::time::Time;

/// Writes both forms.
pub struct Reporter {
    json: Report,
    text: Report,
}

impl Reporter {
    /// Writes into memory.
    pub fn new() -> Reporter {
        let options = Options { all: true, ..Options::default() };
        Reporter {
            json: Report::new(Options { format: Format::Json, ..options }, Output::memory()),
            text: Report::new(options, Output::memory()),
        }
    }

    /// Both forms, one behind the other.
    pub fn end(mut self, summary: &Summary) -> Vec<u8> {
        self.json.end(summary).expect("memory");
        self.text.end(summary).expect("memory");
        let mut all = self.json.into_output().into_memory();
        all.push(0);
        all.extend(self.text.into_output().into_memory());
        all
    }
}

impl Listener for Reporter {
    fn finding(&mut self, finding: Finding) {
        self.json.finding(finding.clone()).expect("memory");
        self.text.finding(finding).expect("memory");
    }

    fn success(&mut self, client: IpAddr, server: IpAddr, port: u16, time: Time) {
        self.json.success(client, server, port, time);
        self.text.success(client, server, port, time);
    }

    fn note(&mut self, note: String) {
        assert!(!note.chars().any(is_unsafe), "{note:?}");
    }

    fn wants_all(&self) -> bool {
        true
    }

    fn is_closed(&self) -> bool {
        false
    }
}

/// Each line of the first part is an object, and nothing can steer a terminal.
pub fn check(all: &[u8]) {
    for part in all.split(|byte| *byte == 0).enumerate() {
        let (number, text) = (part.0, std::str::from_utf8(part.1).expect("UTF-8"));
        assert!(!text.chars().any(|character| character != '\n' && is_unsafe(character)), "{text:?}");
        if number == 0 {
            for line in text.lines() {
                let object: serde_json::Value = serde_json::from_str(line).expect("JSON");
                assert!(object["type"].is_string(), "{line}");
            }
        }
    }
}
