//! Patterns and haystacks.

use std::path::Path;

/// A named list of patterns.
#[derive(Debug)]
pub struct Corpus {
    /// Its name.
    pub name: String,
    /// The patterns that both `regex` and repool compile.
    pub patterns: Vec<String>,
}

/// Patterns as services get them: log fields, routes, user agents, secrets, dates, words.
pub const EMBEDDED: &[&str] = &[
    "ERROR",
    "timeout|refused|unreachable",
    r"^\d{4}-\d{2}-\d{2}$",
    r"\b\d{1,3}(?:\.\d{1,3}){3}\b",
    r"(?i)content-type:\s*([\w/+.-]+)",
    r"[\w.+-]+@[\w-]+\.[\w.-]+",
    r"^/api/v(\d+)/users/([^/]+)/orders/(\d+)$",
    r"(Firefox|Chrome|Safari)/(\d+)\.(\d+)",
    r"(?:key|token|secret)[\s'\x22]*[:=][\s'\x22]*([A-Za-z0-9_-]{20,64})",
    r"AKIA[0-9A-Z]{16}",
    r"^(?P<ip>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] \x22(?P<method>\S+) (?P<path>\S+)",
    r"(?i)select\s+.+\s+from\s+\w+",
    r"\p{Lu}\p{Ll}+\s+\p{Lu}\p{Ll}+",
    r"[а-яё]+(?:-[а-яё]+)*",
    r"#[0-9a-fA-F]{6}\b",
    r"\$\{([a-z_][a-z0-9_.]*)\}",
    r#""(?:[^"\\]|\\.)*""#,
    r"\w{3,12}\s+\w{3,12}",
    r"https?://[^\s/$.?#][^\s]*",
    r"(?m)^\s*(?:#|//).*$",
];

/// The embedded patterns, and those in the folder that `REPOOL_CORPORA` names.
#[must_use]
pub fn all() -> Vec<Corpus> {
    let mut corpora = vec![Corpus {
        name: "embedded".to_owned(),
        patterns: EMBEDDED.iter().map(|&p| p.to_owned()).collect(),
    }];
    match std::env::var_os("REPOOL_CORPORA") {
        Some(folder) => {
            for name in ["uap", "gitleaks", "pystd"] {
                corpora.push(load(Path::new(&folder), name));
            }
        }
        None => println!("REPOOL_CORPORA is not set: only the embedded patterns are measured"),
    }
    corpora
}

fn load(folder: &Path, name: &str) -> Corpus {
    let path = folder.join(name).with_extension("json");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    let patterns: Vec<String> = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{} is not a list of patterns: {error}", path.display()));
    let (accepted, refused): (Vec<_>, Vec<_>) = patterns
        .into_iter()
        .partition(|p| regex::Regex::new(p).is_ok());
    for pattern in &accepted {
        if let Err(error) = repool::Regex::new(pattern) {
            panic!("{name}: regex accepts a pattern that repool refuses: {error}");
        }
    }
    println!(
        "{name}: {} patterns, {} that regex refuses left out",
        accepted.len(),
        refused.len()
    );
    Corpus {
        name: name.to_owned(),
        patterns: accepted,
    }
}

/// A line of 100 bytes, as a log has it.
pub const LINE: &str = "2026-03-14T09:26:53 web-7 GET /api/v2/users/alice/orders/5897 200 \
                        Mozilla/5.0 Firefox/128.0 12ms";

/// Log lines, the same every time: about `bytes` bytes of them.
#[must_use]
pub fn log(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 200);
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move |n: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % n
    };
    let users = ["alice", "bob", "chiara", "Жанна Дарк", "d.lee", "eve"];
    let agents = [
        "Firefox/128.0",
        "Chrome/126.0.6478",
        "Safari/17.5",
        "curl/8.5.0",
    ];
    while text.len() < bytes {
        let (user, agent) = (users[next(6) as usize], agents[next(4) as usize]);
        let (hour, minute, millis) = (next(24), next(60), next(1000));
        let line = match next(12) {
            0 => format!(
                "ERROR connection refused by 10.0.{}.{}:5432 after {millis}ms",
                next(256),
                next(256)
            ),
            1 => format!(
                "mail from {user}@example-{}.org to ops@example.com queued",
                next(40)
            ),
            2 => format!(
                "token = '{:016x}{:016x}' rotated for {user}",
                next(u64::MAX),
                next(u64::MAX)
            ),
            _ => format!(
                "GET /api/v{}/users/{user}/orders/{} 200 Mozilla/5.0 {agent} {millis}ms",
                next(4),
                next(100_000)
            ),
        };
        text.push_str(&format!(
            "2026-03-14T{hour:02}:{minute:02}:07 web-{} {line}\n",
            next(9)
        ));
    }
    text
}
