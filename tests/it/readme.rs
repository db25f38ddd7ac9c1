//! The README tells the truth: its run, its recipes, its table of causes.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use tcpwhy::causes::{self, Cause, Group};

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("a README")
}

#[test]
fn the_run_that_it_shows_is_what_the_program_prints() {
    let readme = readme();
    let (_, after) = readme.split_once("    $ tcpwhy ").expect("a command");
    let (capture, after) = after.split_once('\n').expect("its line");
    let (_, after) = after.split_once("```text\n").expect("its output");
    let (shown, _) = after.split_once("```").expect("the end of its output");
    let output = Command::new(env!("CARGO_BIN_EXE_tcpwhy"))
        .arg(capture)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program runs");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    // `[...]` stands for lines that are left out; all between two of them must follow one another.
    let mut rest = printed.as_str();
    for (number, part) in shown.split("[...]\n").enumerate() {
        let at =
            rest.find(part).unwrap_or_else(|| panic!("the README shows\n{part}\nbut the program prints\n{printed}"));
        assert!(number > 0 || at == 0, "the README leaves out the beginning");
        rest = &rest[at + part.len()..];
    }
    assert!(rest.is_empty(), "the README leaves out the end:\n{rest}");
    let makefile = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Makefile")).expect("a Makefile");
    assert!(makefile.contains(&format!("DEMO = {capture}\n")), "`make demo` reads another capture");
}

/// The table of the README: each cause with the kinds that it explains.
fn table() -> String {
    let mut table = String::from("| cause | explains | in short |\n| --- | --- | --- |\n");
    for cause in causes::ALL {
        let _ = writeln!(table, "| `{}` | {} | {} |", cause.id, explains(cause), cause.title);
    }
    table
}

fn explains(cause: &Cause) -> String {
    let kinds: Vec<String> = cause.kinds.iter().map(|kind| format!("`{}`", kind.id())).collect();
    match cause.group {
        Group::Pattern => "a pattern over many connections".into(),
        Group::Benign => "no failure (`--all`)".into(),
        _ if cause.id == "unexplained" => "any kind".into(),
        Group::LastResort | Group::Failure | Group::Foremost => kinds.join(", "),
    }
}

#[test]
fn its_table_of_causes_is_the_catalogue() {
    let table = table();
    assert!(readme().contains(&table), "README.md wants this table:\n{table}");
}

#[test]
fn its_recipes_for_jq_run() {
    if Command::new("jq").arg("--version").output().is_err() {
        eprintln!("skipped: jq is not installed");
        return;
    }
    let readme = readme();
    let recipes: Vec<String> = readme
        .split("    tcpwhy --format json ")
        .skip(1)
        .filter_map(|text| text.split_once("\n\n").map(|(recipe, _)| recipe.replace("\n   ", "")))
        .collect();
    assert!(recipes.len() >= 4, "{recipes:?}");
    for recipe in recipes {
        let output = Command::new("sh")
            .args(["-c", &format!("\"$TCPWHY\" --format json {recipe}")])
            .env("TCPWHY", env!("CARGO_BIN_EXE_tcpwhy"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("a shell starts");
        assert!(
            output.status.success() && !output.stdout.is_empty() && output.stderr.is_empty(),
            "{recipe}: {output:?}"
        );
    }
}

#[test]
fn every_option_of_the_help_is_in_it() {
    let help = Command::new(env!("CARGO_BIN_EXE_tcpwhy")).arg("--help").output().expect("the program runs");
    let help = String::from_utf8(help.stdout).expect("UTF-8");
    let readme = readme();
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let options: Vec<&str> = lines
        .filter_map(|line| line.split([' ', ',']).next())
        .filter(|option| !["-h", "-V"].contains(option))
        .collect();
    assert!(options.len() >= 18, "{options:?}");
    for option in options {
        assert!(readme.contains(&format!("`{option}`")) || readme.contains(&format!("{option} ")), "{option}");
    }
}

#[test]
fn every_field_of_the_json_is_in_it() {
    let output = Command::new(env!("CARGO_BIN_EXE_tcpwhy"))
        .args(["--format", "json"])
        .args(
            ["health_check--connect_and_reset", "keepalive_race--request_crosses_fin"]
                .map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name).with_extension("pcap")),
        )
        .output()
        .expect("the program runs");
    let readme = readme();
    let mut kinds_of_line = Vec::new();
    for line in String::from_utf8(output.stdout).expect("UTF-8").lines() {
        let object: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let fields = object.as_object().expect("an object");
        kinds_of_line.push(fields["type"].as_str().expect("a type").to_owned());
        // What the summary says of the input needs no words.
        for field in fields.keys().filter(|field| !["inputs", "episodes_folded"].contains(&field.as_str())) {
            assert!(readme.contains(&format!("`{field}`")), "{field}");
        }
    }
    for kind in ["failure", "episode", "summary"] {
        assert!(kinds_of_line.iter().any(|found| found == kind), "no {kind}: {kinds_of_line:?}");
    }
    for doubt in tcpwhy::track::Doubt::ALL {
        assert!(readme.contains(&format!("`{}`", doubt.id())), "{}", doubt.id());
    }
}
