//! What can be said on the command line.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::host::helper;
use crate::source::printable_path;

/// What is of use only with `-i`.
const LIVE: &str = "Live capture";
const FILES: [&str; 2] = ["files", "read"];

const EXAMPLES: &str = "\
Examples:
  tcpwhy trace.pcap                       why connections failed, for a person
  tcpwhy client.pcap server.pcapng.gz     captures taken at the same time, as one
  tcpwhy -f 'tcp port 5432' trace.pcap    only PostgreSQL
  tcpwhy --format json trace.pcap | jq -r 'select(.type == \"failure\").summary'
  ssh host 'sudo tcpdump -Uw - tcp and not port 22 or icmp or icmp6' | tcpwhy -    until Ctrl-C
  sudo tcpwhy -i any                      what fails on this host, as it happens
  tcpwhy explain ECONNRESET               what an error means, and what to do
  tcpwhy explain 'upstream prematurely closed connection ...'    a line from a log
  tcpwhy ./explain                        a capture named like a command

The report goes to standard output, notes to standard error. Exit status: 0 done,
1 a connection failed (only with --exit-code), 2 an error.";

/// Explains why TCP connections failed: which error each application got, who ended it, and what to do.
#[derive(Debug, Parser)]
#[command(name = "tcpwhy", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
#[command(disable_help_subcommand = true)]
pub struct Arguments {
    /// Something other than to analyse captures.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What to analyse, and how.
    #[command(flatten)]
    pub analyse: Analyse,
}

/// The commands beside the analysis.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Explain a cause, a kind of failure, an errno, an exception, or a log line
    Explain {
        /// Such as keepalive_race, reset, ECONNRESET, ConnectionResetError, or a log line in quotes; without it, all topics are listed
        #[arg(allow_hyphen_values = true)]
        topic: Vec<String>,
    },
    /// List the interfaces available for capture
    Interfaces,
    /// What a live capture starts to learn who holds a socket
    #[command(hide = true, name = helper::COMMAND)]
    NameSockets,
}

/// The analysis of captures.
#[derive(Args, Clone, Debug, Default)]
pub struct Analyse {
    /// Captures: pcap or pcapng, plain, .gz or .zst; '-' is standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The same as naming FILE, as in tcpdump; may be repeated
    #[arg(short = 'r', value_name = "FILE")]
    pub read: Vec<PathBuf>,
    /// Capture live on an interface; 'any' is all of them
    #[arg(short = 'i', value_name = "IFACE", conflicts_with = "read", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub interface: Option<String>,
    /// A habit from tcpdump: no name is looked up anyhow
    #[arg(short = 'n', hide = true, action = clap::ArgAction::Count)]
    pub numeric: u8,
    /// Only packets that match this pcap filter, such as 'tcp port 5432', and ICMP errors about them
    #[arg(short = 'f', long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// text for a person, or json for programs: one object per line
    #[arg(long, value_enum, default_value = "text", value_name = "FORM", hide_possible_values = true)]
    pub format: Form,
    /// Write the report to FILE instead of standard output
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Also report benign endings and undecided ones, which are left out by default
    #[arg(long, overrides_with = "all")]
    pub all: bool,
    /// Do not quote what the applications said (TLS names, HTTP requests, ...)
    #[arg(long, overrides_with = "no_payload")]
    pub no_payload: bool,
    /// Exit with status 1 if a connection failed
    #[arg(long, overrides_with = "exit_code")]
    pub exit_code: bool,
    /// Bytes to keep of each packet; 0 keeps all
    #[arg(short = 's', value_name = "BYTES", default_value_t = 256, value_parser = snaplen)]
    #[arg(help_heading = LIVE, requires = "interface", conflicts_with_all = FILES)]
    pub snaplen: u32,
    /// Size of the kernel's capture buffer in KiB
    #[arg(short = 'B', value_name = "KIB", default_value_t = 65_536, value_parser = clap::value_parser!(u32).range(512..=2_097_151))]
    #[arg(help_heading = LIVE, requires = "interface", conflicts_with_all = FILES)]
    pub buffer: u32,
    /// Do not put the interface into promiscuous mode
    #[arg(short = 'p', overrides_with = "no_promiscuous", help_heading = LIVE, requires = "interface", conflicts_with_all = FILES)]
    pub no_promiscuous: bool,
    /// Stop after this many packets
    #[arg(short = 'c', value_name = "PACKETS", value_parser = clap::value_parser!(u64).range(1..))]
    #[arg(help_heading = LIVE, requires = "interface", conflicts_with_all = FILES)]
    pub count: Option<u64>,
    /// Stop after this many seconds
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    #[arg(help_heading = LIVE, requires = "interface", conflicts_with_all = FILES)]
    pub duration: Option<u64>,
    /// Capture only SYN, FIN, RST and ICMP errors, on links too fast for more
    #[arg(long, overrides_with = "light", help_heading = LIVE, requires = "interface", conflicts_with_all = ["files", "read", "tunnels"])]
    pub light: bool,
    /// Also connections inside GRE, IP in IP, VXLAN, Geneve, GTP-U, CAPWAP, Teredo, PPPoE and MPLS
    #[arg(long, overrides_with = "tunnels", help_heading = LIVE, requires = "interface", conflicts_with_all = FILES)]
    pub tunnels: bool,
    /// Capture in this network namespace: its name, or a process in it
    #[arg(long, value_name = "NAME|PID", help_heading = LIVE, requires = "interface", conflicts_with_all = FILES)]
    pub netns: Option<String>,
    /// Say which privileges were dropped
    #[arg(short = 'v', long, overrides_with = "verbose", help_heading = LIVE, requires = "interface", conflicts_with_all = FILES)]
    pub verbose: bool,
    /// Threads: 1, or 2 to read and report in parallel with the analysis; by default 2 for large captures
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Memory for connections, such as 512M or 2G; by default a quarter of the machine's
    #[arg(long, value_name = "SIZE", value_parser = super::means::size)]
    pub max_memory: Option<u64>,
}

/// The forms of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For a person
    #[default]
    Text,
    /// For programs: one JSON object a line
    Json,
}

impl Analyse {
    /// Is there nothing to analyse?
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.read.is_empty() && self.interface.is_none()
    }

    /// The file that the report goes to; none if that is standard output.
    pub fn report_file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| *path != Path::new("-"))
    }

    /// What is wrong where a filter stands as tcpdump has it: behind the capture or the interface, in words of its own.
    pub fn misplaced_filter(&self) -> Option<String> {
        let words: Vec<String> = self.files.iter().map(|path| printable_path(path)).collect();
        let words = words.join(" ");
        if self.interface.is_some() && !self.files.is_empty() {
            return Some(format!("-i IFACE cannot be used with files; if '{words}' is a filter, use -f '{words}'"));
        }
        let is_word = |path: &PathBuf| !path.exists() && path.extension().is_none() && path != Path::new("-");
        let is_filter = !self.read.is_empty() && self.files.len() > 1 && self.files.iter().all(is_word);
        is_filter.then(|| format!("no such files: {words}; if that is a filter, use -f '{words}'"))
    }

    /// What is wrong where an interface stands without `-i`.
    pub fn misplaced_interface(&self) -> Option<String> {
        let ([path], None) = (self.files.as_slice(), &self.interface) else { return None };
        let name = path.to_str().filter(|name| !name.contains(['/', '.']) && !path.exists())?;
        let is_one = name == "any" || Path::new("/sys/class/net").join(name).exists();
        is_one.then(|| format!("{name}: no such file; for the interface, use -i {name}"))
    }

    /// All captures to read: those of `-r` before the others.
    pub fn inputs(&self) -> Vec<PathBuf> {
        self.read.iter().chain(&self.files).cloned().collect()
    }
}

/// Bytes to keep of each packet. 0 is all, as in tcpdump; below 64 bytes no header is whole.
fn snaplen(text: &str) -> Result<u32, String> {
    const ALL: u32 = 262_144;
    match text.parse() {
        Ok(0) => Ok(ALL),
        Ok(bytes @ 64..=ALL) => Ok(bytes),
        _ => Err(format!("must be 64 to {ALL}, or 0 for all")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(std::iter::once(&"tcpwhy").chain(arguments))
    }

    #[test]
    fn files_may_be_named_in_both_ways() {
        let parsed = parse(&["-r", "a.pcap", "b.pcap", "-r", "c.pcap", "--format", "json", "-"]).expect("sound");
        assert_eq!(parsed.analyse.inputs(), ["a.pcap", "c.pcap", "b.pcap", "-"].map(PathBuf::from));
        assert_eq!(parsed.analyse.format, Form::Json);
    }

    #[test]
    fn a_file_named_like_a_command_can_be_reached() {
        let parsed = parse(&["./explain"]).expect("sound");
        assert!(parsed.command.is_none());
        assert_eq!(parsed.analyse.inputs(), [PathBuf::from("./explain")]);
        assert!(matches!(
            parse(&["explain", "EPIPE"]).expect("sound").command,
            Some(Command::Explain { topic }) if topic == ["EPIPE"]
        ));
    }

    /// An alias may bring one already; and `-vv` is a habit.
    #[test]
    fn a_switch_may_be_given_twice() {
        let switches = ["--all", "--no-payload", "--exit-code", "a.pcap", "--all", "--no-payload", "--exit-code"];
        let parsed = parse(&switches).expect("sound").analyse;
        assert!(parsed.all && parsed.no_payload && parsed.exit_code);
        assert!(
            parse(&["-i", "lo", "-vv", "-p", "-p", "--light", "--light"]).is_ok_and(|parsed| parsed.analyse.verbose)
        );
        assert!(parse(&["-i", "lo", "--tunnels", "--tunnels"]).is_ok());
        assert!(parse(&["-i", "lo", "--tunnels", "--light"]).is_err());
    }

    #[test]
    fn a_filter_where_tcpdump_has_it_is_named_as_one() {
        let misplaced = |arguments: &[&str]| parse(arguments).expect("sound").analyse.misplaced_filter();
        let said = misplaced(&["-i", "eth0", "tcp", "port", "80"]).expect("a problem");
        assert!(said.contains("-f 'tcp port 80'"), "{said}");
        let said = misplaced(&["-nnr", "a.pcap", "tcp", "port", "80"]).expect("a problem");
        assert!(said.contains("-f 'tcp port 80'"), "{said}");
        for sound in [&["-i", "eth0", "-f", "tcp"][..], &["-r", "a.pcap", "b.pcap", "c.pcap"], &["tcp", "port"]] {
            assert_eq!(misplaced(sound), None, "{sound:?}");
        }
        assert!(parse(&["-i", "eth0", "-r", "a.pcap"]).is_err());
    }

    #[test]
    fn an_interface_without_its_option_is_named_as_one() {
        let misplaced = |arguments: &[&str]| parse(arguments).expect("sound").analyse.misplaced_interface();
        assert_eq!(misplaced(&["any"]).as_deref(), Some("any: no such file; for the interface, use -i any"));
        assert!(misplaced(&["lo"]).is_some_and(|said| said.ends_with("use -i lo")));
        for sound in [&["-i", "lo"][..], &["a.pcap"], &["nosuch"], &["./any"], &["."], &[]] {
            assert_eq!(misplaced(sound), None, "{sound:?}");
        }
    }

    #[test]
    fn what_is_to_be_explained_may_be_several_words_and_begin_with_a_hyphen() {
        for words in [&["connection", "reset", "by", "peer"][..], &["-ERR max number of clients reached"], &["-111"]] {
            let parsed = parse(&[&["explain"][..], words].concat()).expect("sound");
            assert!(matches!(parsed.command, Some(Command::Explain { topic }) if topic == words));
        }
        let help = parse(&["explain", "--help"]).map(|_| ()).map_err(|error| error.kind());
        assert_eq!(help, Err(clap::error::ErrorKind::DisplayHelp));
    }

    #[test]
    fn all_of_each_packet_may_be_kept() {
        let kept = |bytes| parse(&["-i", "lo", "-s", bytes]).map(|parsed| parsed.analyse.snaplen).ok();
        assert_eq!(
            ["0", "64", "63", "262144", "262145", "-1", "x"].map(kept),
            [Some(262_144), Some(64), None, Some(262_144), None, None, None]
        );
    }

    #[test]
    fn without_files_there_is_nothing_to_do() {
        assert!(parse(&[]).expect("sound").analyse.is_empty());
        assert!(parse(&["--all"]).expect("sound").analyse.is_empty());
    }
}
