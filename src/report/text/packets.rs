//! The packets that speak for a verdict, as a table.

use super::address;
use super::layout::{Page, Role, wrap};
use crate::diagnose::{EndedBy, Evidence};
use crate::episodes::Episode;
use crate::report::Inputs;
use crate::report::escape::escape_and_cut;
use crate::units::{clock, seconds};
use unicode_width::UnicodeWidthStr;

/// Of more packets than these the middle is left out.
const FIRST: usize = 3;
const LAST: usize = 7;
/// Notes need so many columns, or all of them go below their packets.
const NOTE: usize = 34;
/// Packets and notes longer than this are cut.
const LONGEST: usize = 300;

struct Row {
    frame: String,
    time: String,
    who: &'static str,
    packet: String,
    note: String,
}

struct Widths {
    frame: usize,
    time: usize,
    who: usize,
    packet: usize,
    /// Do notes stand beside packets?
    beside: bool,
}

/// The packets of the episode's first connection.
pub fn table(page: &mut Page, episode: &Episode, count: u64, inputs: &Inputs) {
    let finding = &episode.example;
    let evidence = &finding.evidence;
    if evidence.is_empty() {
        return;
    }
    page.blank();
    page.paragraph("   ", Role::Plain, &heading(episode, count, inputs));
    let left_out = evidence.len().saturating_sub(FIRST + LAST);
    let shown: Vec<&Evidence> = if left_out == 0 {
        evidence.iter().collect()
    } else {
        evidence.iter().take(FIRST).chain(evidence.iter().skip(FIRST + left_out)).collect()
    };
    let rows = rows(&shown, inputs);
    let mut widths = Widths {
        frame: rows.iter().map(|row| row.frame.width()).max().unwrap_or_default(),
        time: rows.iter().map(|row| row.time.width()).max().unwrap_or_default(),
        who: rows.iter().map(|row| row.who.width()).max().unwrap_or_default(),
        packet: rows.iter().map(|row| row.packet.width()).max().unwrap_or_default().min(30),
        beside: true,
    };
    let room = page.width().saturating_sub(before_packet(&widths) + widths.packet + 2);
    widths.beside = room >= NOTE || rows.iter().all(|row| row.note.width() <= room);
    for (index, row) in rows.iter().enumerate() {
        if left_out > 0 && index == FIRST {
            page.line(&[(Role::Faint, &format!("   {:>width$} {left_out} more", "...", width = widths.frame))]);
        }
        write_row(page, row, &widths);
    }
}

fn heading(episode: &Episode, count: u64, inputs: &Inputs) -> String {
    let finding = &episode.example;
    let mut heading = "Packets".to_owned();
    if count > 1 {
        heading.push_str(&format!(" of the first ({})", address(finding.client.end)));
    }
    let Some(first) = finding.evidence.first() else { return heading };
    heading.push_str(&format!(", from {} on", clock(first.time, inputs.digits.min(6))));
    let one_file = finding.evidence.iter().all(|evidence| evidence.input == first.input);
    if let Some(name) = inputs.name(first.input).filter(|_| inputs.names.len() > 1 && one_file) {
        heading.push_str(&format!(", in {}", escape_and_cut(name, LONGEST)));
    }
    heading.push(':');
    heading
}

/// Each packet has the time since the one before it.
fn rows(evidence: &[&Evidence], inputs: &Inputs) -> Vec<Row> {
    let digits = inputs.digits.min(6);
    let first = evidence.first().map(|evidence| evidence.input);
    let several_files = evidence.iter().any(|evidence| Some(evidence.input) != first);
    let mut before = None;
    let mut rows = Vec::new();
    for packet in evidence {
        let time = format!("+{}", seconds(packet.time.since(before.unwrap_or(packet.time)), digits));
        before = Some(packet.time);
        let mut note = escape_and_cut(&packet.note, LONGEST);
        if several_files && let Some(name) = inputs.name(packet.input) {
            note = format!("{note} [{}]", escape_and_cut(name, LONGEST));
        }
        rows.push(Row {
            frame: if packet.frame == 0 { "-".to_owned() } else { packet.frame.to_string() },
            time,
            who: match packet.from {
                EndedBy::Client => "client >",
                EndedBy::Server => "server <",
                EndedBy::Middlebox => "between *",
                EndedBy::Network => "network *",
                EndedBy::Unknown => "unknown ?",
            },
            packet: escape_and_cut(packet.packet.as_str(), LONGEST),
            note,
        });
    }
    rows
}

/// The columns before the packet.
fn before_packet(widths: &Widths) -> usize {
    widths.frame + widths.time + widths.who + 8
}

fn write_row(page: &mut Page, row: &Row, widths: &Widths) {
    let numbers = format!("   {:>frame$}  {:>time$}  ", row.frame, row.time, frame = widths.frame, time = widths.time);
    let who = format!("{:<width$} ", row.who, width = widths.who);
    let used = numbers.width() + who.width();
    let room = page.width().saturating_sub(used + widths.packet + 2);
    if row.packet.width() <= widths.packet && widths.beside {
        let packet = format!("{:<width$}  ", row.packet, width = widths.packet);
        for (index, note) in wrap(&row.note, room).iter().enumerate() {
            if index == 0 {
                page.line(&[(Role::Faint, &numbers), (Role::Plain, &who), (Role::Plain, &packet), (Role::Plain, note)]);
            } else {
                page.line(&[(Role::Plain, &" ".repeat(used + widths.packet + 2)), (Role::Plain, note)]);
            }
        }
        return;
    }
    for (index, packet) in wrap(&row.packet, page.width().saturating_sub(used)).iter().enumerate() {
        if index == 0 {
            page.line(&[(Role::Faint, &numbers), (Role::Plain, &who), (Role::Plain, packet)]);
        } else {
            page.line(&[(Role::Plain, &" ".repeat(used)), (Role::Plain, packet)]);
        }
    }
    if !row.note.is_empty() {
        page.paragraph(&" ".repeat((used + 2).min(page.width() / 2)), Role::Plain, &row.note);
    }
}
