//! A good retry in a few languages: bounded, exponential, with full jitter, for the error that fits and no other.

use crate::track::kernel::Kind;

/// When a retry is right, in one paragraph; it stands before the code.
pub const RULE: &str = "\
    Wait a random time between 0 and min(cap, base * 2^attempt), stop after a few tries, and catch the specific error, \
    not its base class. Retry only what is idempotent or was certainly not delivered.";

/// A language with a code example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Python.
    Python,
    /// Go.
    Go,
    /// Node.js.
    Node,
    /// Java.
    Java,
    /// Rust.
    Rust,
    /// C# and the rest of .NET.
    CSharp,
}

impl Language {
    /// All of them, in the order of the documentation.
    pub const ALL: [Language; 6] =
        [Language::Python, Language::Go, Language::Node, Language::Java, Language::Rust, Language::CSharp];

    /// Its name as a heading.
    pub fn name(self) -> &'static str {
        match self {
            Language::Python => "Python",
            Language::Go => "Go",
            Language::Node => "Node",
            Language::Java => "Java",
            Language::Rust => "Rust",
            Language::CSharp => "C#",
        }
    }
}

/// Causes that come back however often one tries: no code for them.
const HOPELESS: [&str; 4] = ["rejected_by_policy", "tls_failure", "wrong_protocol", "mtu_blackhole"];

/// Can a retry help against this cause?
pub fn helps(cause: &str) -> bool {
    !HOPELESS.contains(&cause)
}

/// The code that retries a failure of this kind.
pub fn code(language: Language, kind: Kind) -> String {
    match language {
        Language::Python => python(kind),
        Language::Go => {
            GO.replace("{errors}", &each(errnos(kind), "errors.Is(err, syscall.", ")", " ||\n            "))
        }
        Language::Node => NODE.replace("{codes}", &each(errnos(kind), "'", "'", ", ")),
        Language::Java => java(kind),
        Language::Rust => RUST.replace("{kinds}", &each(rust(kind), "ErrorKind::", "", " | ")),
        Language::CSharp => CSHARP.replace("{errors}", &each(dotnet(kind), "SocketError.", "", "\n            or ")),
    }
}

/// The errnos that a retry for this kind should look for.
fn errnos(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Refused => &["ECONNREFUSED"],
        Kind::Reset => &["ECONNRESET"],
        Kind::BrokenPipe => &["EPIPE"],
        Kind::Aborted => &["ECONNABORTED"],
        Kind::TimedOut => &["ETIMEDOUT"],
        Kind::Unreachable => &["EHOSTUNREACH", "ENETUNREACH"],
    }
}

fn rust(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Refused => &["ConnectionRefused"],
        Kind::Reset => &["ConnectionReset"],
        Kind::BrokenPipe => &["BrokenPipe"],
        Kind::Aborted => &["ConnectionAborted"],
        Kind::TimedOut => &["TimedOut"],
        Kind::Unreachable => &["HostUnreachable", "NetworkUnreachable"],
    }
}

fn dotnet(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Refused => &["ConnectionRefused"],
        Kind::Reset => &["ConnectionReset"],
        Kind::BrokenPipe => &["Shutdown"],
        Kind::Aborted => &["ConnectionAborted"],
        Kind::TimedOut => &["TimedOut"],
        Kind::Unreachable => &["HostUnreachable", "NetworkUnreachable"],
    }
}

fn each(names: &[&str], before: &str, after: &str, between: &str) -> String {
    names.iter().map(|name| format!("{before}{name}{after}")).collect::<Vec<_>>().join(between)
}

fn python(kind: Kind) -> String {
    let class = match kind {
        Kind::Refused => "ConnectionRefusedError",
        Kind::Reset => "ConnectionResetError",
        Kind::BrokenPipe => "BrokenPipeError",
        Kind::Aborted => "ConnectionAbortedError",
        Kind::TimedOut => "TimeoutError",
        // OSError is the base class of half the world: ask for the number.
        Kind::Unreachable => {
            return PYTHON
                .replace("import random", "import errno, random")
                .replace("{class}", "OSError as error")
                .replace("tries - 1:", "tries - 1 or error.errno not in UNREACHABLE:")
                .replace("\ndef", "\nUNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH)\n\ndef");
        }
    };
    PYTHON.replace("{class}", class)
}

fn java(kind: Kind) -> String {
    let (class, remark) = match kind {
        Kind::Refused => ("java.net.ConnectException", ""),
        Kind::TimedOut => ("java.net.ConnectException", ""),
        Kind::Unreachable => ("java.net.NoRouteToHostException", ""),
        Kind::Reset => ("java.net.SocketException", "\n            // look at the message for \"Connection reset\""),
        Kind::BrokenPipe => ("java.net.SocketException", "\n            // look at the message for \"Broken pipe\""),
        Kind::Aborted => {
            ("java.net.SocketException", "\n            // it has no class of its own: look at the message")
        }
    };
    JAVA.replace("{class}", class).replace("{remark}", remark)
}

const PYTHON: &str = "\
import random, time

def retry(call, tries=5, base=0.1, cap=5.0):
    for attempt in range(tries):
        try:
            return call()
        except {class}:
            if attempt == tries - 1:
                raise
        time.sleep(random.uniform(0, min(cap, base * 2 ** attempt)))
";

const GO: &str = "\
func retry(ctx context.Context, tries int, call func() error) error {
    const base, limit = 100 * time.Millisecond, 5 * time.Second
    for attempt := 0; ; attempt++ {
        err := call()
        again := {errors}
        if err == nil || !again || attempt == tries-1 {
            return err
        }
        wait := rand.N(min(limit, base<<attempt)) // math/rand/v2
        select {
        case <-time.After(wait):
        case <-ctx.Done():
            return ctx.Err()
        }
    }
}
";

const NODE: &str = "\
const AGAIN = [{codes}];

async function retry(call, tries = 5, base = 100, cap = 5000) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const code = error.code ?? error.cause?.code; // fetch() wraps it
      if (!AGAIN.includes(code) || attempt === tries - 1) throw error;
    }
    const wait = Math.random() * Math.min(cap, base * 2 ** attempt);
    await new Promise((done) => setTimeout(done, wait));
  }
}
";

const JAVA: &str = "\
static <T> T retry(Callable<T> call, int tries) throws Exception {
    final long base = 100, cap = 5_000; // milliseconds
    for (int attempt = 0; ; attempt++) {
        try {
            return call.call();
        } catch ({class} e) {{remark}
            if (attempt == tries - 1) throw e;
        }
        long limit = Math.min(cap, base << attempt);
        Thread.sleep(ThreadLocalRandom.current().nextLong(limit + 1));
    }
}
";

const RUST: &str = "\
fn retry<T, F>(tries: u32, mut call: F) -> io::Result<T>
where
    F: FnMut() -> io::Result<T>,
{
    const BASE: u64 = 100; // milliseconds
    const CAP: u64 = 5_000;
    let mut attempt = 0;
    loop {
        match call() {
            Err(error) if attempt + 1 < tries && again(error.kind()) => {}
            result => return result,
        }
        let limit = CAP.min(BASE << attempt.min(16));
        thread::sleep(Duration::from_millis(rand::random_range(0..=limit)));
        attempt += 1;
    }
}

fn again(kind: ErrorKind) -> bool {
    matches!(kind, {kinds})
}
";

const CSHARP: &str = "\
static async Task<T> Retry<T>(Func<Task<T>> call, int tries = 5)
{
    const int Base = 100, Cap = 5_000; // milliseconds
    for (var attempt = 0; ; attempt++)
    {
        try { return await call(); }
        catch (Exception e) when (Again(e) && attempt + 1 < tries) { }
        var limit = Math.Min(Cap, Base << Math.Min(attempt, 16));
        await Task.Delay(Random.Shared.Next(limit + 1));
    }
}

// HttpClient wraps the SocketException
static bool Again(Exception e) =>
    (e as SocketException ?? e.GetBaseException() as SocketException)
        ?.SocketErrorCode is {errors};
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_code_for_every_kind_in_80_columns() {
        for language in Language::ALL {
            for kind in Kind::ALL {
                let code = code(language, kind);
                for mark in ["{class}", "{errors}", "{codes}", "{kinds}", "{remark}"] {
                    assert!(!code.contains(mark), "{mark} is left in {language:?}");
                }
                let longest = code.lines().max_by_key(|line| line.len()).unwrap_or("");
                assert!(longest.len() <= 78, "{longest}");
            }
        }
    }

    #[test]
    fn python_catches_the_exception_that_fits() {
        assert!(code(Language::Python, Kind::Refused).contains("except ConnectionRefusedError:"));
        assert!(code(Language::Python, Kind::Unreachable).contains("error.errno not in UNREACHABLE"));
        assert!(!helps("tls_failure") && helps("keepalive_race"));
    }
}
