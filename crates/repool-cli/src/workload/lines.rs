//! Log lines of several kinds, as one service's pipeline sees them.
//!
//! Every kind has fields that some of the embedded patterns look for. So most searches fail, as in production, and some
//! succeed. The same seed gives the same lines.

use std::fmt::Write;

use super::random::Random;
use super::words::{ATTACKS, SENTENCES, STATEMENTS, USER_AGENTS, WORDS};

/// Makes lines.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    random: Random,
    /// Seconds of the day, rising from line to line.
    clock: u64,
}

/// Writes one line of a kind to the end of the text.
type Kind = fn(&mut Lines, &mut String) -> std::fmt::Result;

/// The kinds; one that stands here twice is twice as frequent.
const KINDS: [Kind; 14] = [
    Lines::access,
    Lines::access,
    Lines::access,
    Lines::json,
    Lines::json,
    Lines::key_value,
    Lines::key_value,
    Lines::syslog,
    Lines::stack,
    Lines::database,
    Lines::container,
    Lines::mail,
    Lines::message,
    Lines::leak,
];

impl Lines {
    /// Lines for this seed.
    pub(crate) const fn new(seed: u64) -> Lines {
        Lines {
            random: Random::new(seed ^ 0x6c69_6e65),
            clock: 6 * 3600,
        }
    }

    /// The next line, without its line feed.
    pub(crate) fn next(&mut self) -> String {
        let mut line = String::with_capacity(256);
        self.clock = (self.clock + self.random.below(3)) % 86_400;
        let kind = KINDS[self.random.below(KINDS.len() as u64) as usize];
        kind(self, &mut line).expect("a string takes all that is written to it");
        line
    }

    fn word(&mut self) -> &'static str {
        self.random.pick(&WORDS)
    }

    fn time(&self) -> String {
        let (minutes, seconds) = (self.clock / 60, self.clock % 60);
        format!("{:02}:{:02}:{seconds:02}", minutes / 60, minutes % 60)
    }

    fn address(&mut self) -> String {
        let random = &mut self.random;
        match random.below(5) {
            0 => format!(
                "10.{}.{}.{}",
                random.below(8),
                random.below(256),
                random.below(256)
            ),
            1 => format!("192.168.{}.{}", random.below(4), random.below(256)),
            2 => format!(
                "2001:db8::{:x}:{:x}",
                random.below(65_536),
                random.below(65_536)
            ),
            _ => format!("203.0.{}.{}", random.below(256), random.below(256)),
        }
    }

    fn hex(&mut self, digits: usize) -> String {
        (0..digits)
            .map(|_| char::from(b"0123456789abcdef"[self.random.below(16) as usize]))
            .collect()
    }

    /// Letters and digits as keys and tokens have them.
    fn token(&mut self, len: usize) -> String {
        const ALPHABET: &[u8; 62] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz";
        (0..len)
            .map(|_| char::from(ALPHABET[self.random.below(62) as usize]))
            .collect()
    }

    fn uuid(&mut self) -> String {
        let digits = self.hex(32);
        format!(
            "{}-{}-4{}-a{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[13..16],
            &digits[17..20],
            &digits[20..]
        )
    }

    fn path(&mut self) -> String {
        let number = self.random.between(1, 99_999);
        match self.random.below(12) {
            0 => format!("/api/v2/users/{number}/orders/{}", number * 7),
            1 => format!("/api/v1/{}/{}", self.word(), self.uuid()),
            2 => format!("/static/js/app.{}.js", self.hex(12)),
            3 => format!(
                "/search?q={}+{}&page={}",
                self.word(),
                self.word(),
                number % 40
            ),
            4 => format!(
                "/blog/2024/06/17/{}-{}-{}",
                self.word(),
                self.word(),
                self.word()
            ),
            5 => format!(
                "/cart/add/{number}?utm_source=newsletter&session={}",
                self.hex(16)
            ),
            6 => "/healthz".into(),
            7 => format!(
                "/repos/{}/{}/pulls/{}",
                self.word(),
                self.word(),
                number % 900
            ),
            8 => format!("/img/640x480/crop/{}.jpg", self.hex(8)),
            9 => self.random.pick(&ATTACKS).into(),
            10 => "/login".into(),
            _ => format!("/products/{}-{}/reviews", self.word(), self.word()),
        }
    }

    fn access(&mut self, line: &mut String) -> std::fmt::Result {
        let address = self.address();
        let user = if self.random.chance(20) {
            self.word()
        } else {
            "-"
        };
        let method = self
            .random
            .pick(&["GET", "GET", "GET", "POST", "PUT", "DELETE", "HEAD"]);
        let path = self.path();
        let status = self.random.pick(&[
            "200", "200", "200", "201", "304", "404", "401", "500", "503",
        ]);
        let bytes = self.random.between(0, 90_000);
        let time = self.time();
        let referrer = match self.random.below(3) {
            0 => "-".into(),
            1 => format!("https://www.example.com/{}/", self.word()),
            _ => format!("https://www.google.com/search?q={}", self.word()),
        };
        let agent = self.random.pick(&USER_AGENTS);
        let rt = self.random.below(4_000);
        write!(
            line,
            "{address} - {user} [17/Jun/2024:{time} +0000] \"{method} {path} HTTP/1.1\" {status} {bytes} \
             \"{referrer}\" \"{agent}\" rt={}.{:03}",
            rt / 1000,
            rt % 1000
        )
    }

    fn json(&mut self, line: &mut String) -> std::fmt::Result {
        let time = self.time();
        let level = self
            .random
            .pick(&["debug", "info", "info", "info", "warn", "error"]);
        let service = self.word();
        let message = match self.random.below(6) {
            0 => format!(
                "connection refused by {service}.internal:{}",
                4000 + self.random.below(999)
            ),
            1 => "deadline exceeded while reading the response".into(),
            2 => format!("user {} logged in", self.random.between(1, 99_999)),
            3 => format!(
                "order {} paid, 3 items",
                self.random.between(100_000, 9_999_999)
            ),
            4 => format!("cache miss for key=profile:{}", self.hex(8)),
            _ => format!("retrying, attempt {} of 5", self.random.between(1, 5)),
        };
        let (trace, span) = (self.hex(32), self.hex(16));
        let (account, latency) = (self.random.below(1_000_000), self.random.below(3_000));
        write!(
            line,
            "{{\"ts\":\"2024-06-17T{time}.{:03}Z\",\"level\":\"{level}\",\"service\":\"{service}\",\
             \"message\":\"{message}\",\"trace_id\":\"{trace}\",\"span_id\":\"{span}\",\
             \"account_id\":{account},\"latency_ms\":{latency},\"http\":{{\"status\":{}}}}}",
            latency % 1000,
            self.random.pick(&["200", "204", "404", "502"])
        )
    }

    fn key_value(&mut self, line: &mut String) -> std::fmt::Result {
        let time = self.time();
        let level = self
            .random
            .pick(&["debug", "info", "info", "warn", "error"]);
        let (service, peer) = (self.word(), self.word());
        let duration = self.random.between(1, 60_000);
        let request = self.hex(10);
        let version = self.random.below(30);
        write!(
            line,
            "time=2024-06-17T{time}Z level={level} service={service} version=v1.{version}.3 \
             request_id={request} msg=\"call to {peer} finished\" duration={}.{}ms bytes={} tls=TLSv1.3 \
             region=eu-west-1 peer=10.0.{}.{}:8443 flag.{peer}_beta=true queue_depth={}",
            duration / 10,
            duration % 10,
            duration * 17,
            version,
            duration % 256,
            duration % 2_000
        )
    }

    fn syslog(&mut self, line: &mut String) -> std::fmt::Result {
        let (time, host, address) = (self.time(), self.word(), self.address());
        let (user, pid) = (self.word(), self.random.between(200, 32_000));
        write!(line, "Jun 17 {time} {host}-01 ")?;
        match self.random.below(7) {
            0 => write!(
                line,
                "sshd[{pid}]: Failed password for invalid user {user} from {address} port 50{} ssh2",
                pid % 1000
            ),
            1 => write!(
                line,
                "sshd[{pid}]: Accepted publickey for {user} from {address} port 40122 ssh2"
            ),
            2 => write!(
                line,
                "sudo:   {user} : TTY=pts/0 ; PWD=/home/{user} ; USER=root ; COMMAND=/usr/bin/apt-get install jq"
            ),
            3 => write!(
                line,
                "systemd[1]: Started {user}.service - Daily cleanup of /var/tmp."
            ),
            4 => write!(
                line,
                "kernel: [{pid}.004217] Out of memory: Killed process {pid} ({user}) total-vm:812344kB, oom_score_adj=300"
            ),
            5 => write!(
                line,
                "CRON[{pid}]: (root) CMD (curl -fsS https://hooks.example.com/{user} | sh)"
            ),
            _ => write!(
                line,
                "kernel: [{pid}.771002] [UFW BLOCK] IN=eth0 OUT= SRC={address} DST=10.0.0.7 LEN=60 PROTO=TCP SPT=4431 DPT=22"
            ),
        }
    }

    fn stack(&mut self, line: &mut String) -> std::fmt::Result {
        let (name, number) = (self.word(), self.random.between(10, 900));
        match self.random.below(6) {
            0 => write!(
                line,
                "    at com.example.{name}.OrderService.place(OrderService.java:{number})"
            ),
            1 => write!(
                line,
                "Caused by: java.lang.IllegalStateException: {name} is closed"
            ),
            2 => write!(
                line,
                "  File \"/srv/{name}/app/views.py\", line {number}, in handle_{name}"
            ),
            3 => write!(
                line,
                "thread 'tokio-runtime-worker' panicked at src/{name}/mod.rs:{number}:17: index out of bounds"
            ),
            4 => write!(
                line,
                "\t/go/src/example.com/{name}/server.go:{number} +0x{}",
                self.hex(3)
            ),
            _ => write!(
                line,
                "ValueError: invalid token at {name} (assertion failed near 0x{})",
                self.hex(12)
            ),
        }
    }

    fn database(&mut self, line: &mut String) -> std::fmt::Result {
        let (time, statement) = (self.time(), self.random.pick(&STATEMENTS));
        let (rows, number) = (self.random.below(5_000), self.random.between(1, 90_000));
        match self.random.below(4) {
            0 => write!(
                line,
                "2024-06-17 {time} UTC [{number}] LOG:  duration: {rows}.118 ms  statement: {statement}"
            ),
            1 => write!(
                line,
                "# Query_time: 2.{rows:04}  Lock_time: 0.0001 Rows_sent: {rows}  Rows_examined: {number}"
            ),
            2 => write!(
                line,
                "2024-06-17 {time} UTC [{number}] ERROR:  duplicate key value violates unique constraint \"users_email_key\""
            ),
            _ => write!(
                line,
                "->  Index Scan using idx_users_email on users  (cost=0.42..8.44 rows={rows} width=64) WHERE id = {number}"
            ),
        }
    }

    fn container(&mut self, line: &mut String) -> std::fmt::Result {
        let (name, hash, tail) = (self.word(), self.hex(10), self.hex(5));
        match self.random.below(4) {
            0 => write!(
                line,
                "Warning  BackOff  pod/{name}-{hash}-{tail}  Back-off 5m0s restarting failed container {name} namespace=prod"
            ),
            1 => write!(
                line,
                "Normal  Pulled  deployment/{name} image \"registry.local/{name}:1.4.{}\"@sha256:{}",
                self.random.below(9),
                self.hex(64)
            ),
            2 => write!(
                line,
                "E0617 {}.004211       1 controller.go:214] Readiness probe failed: HTTP 503 from {name}.prod.svc.cluster.local",
                self.time()
            ),
            _ => write!(
                line,
                "Normal  ScalingReplicaSet  deployment/{name} replicas: {} -> {} limits.memory=512Mi",
                self.random.below(9),
                self.random.below(9)
            ),
        }
    }

    fn mail(&mut self, line: &mut String) -> std::fmt::Result {
        let (from, to, queue) = (self.word(), self.word(), self.hex(10));
        match self.random.below(3) {
            0 => write!(
                line,
                "postfix/smtp[811]: {queue}: to=<{to}@example.org>, relay=mx.example.org[203.0.113.9]:25, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
            ),
            1 => write!(
                line,
                "postfix/cleanup[812]: {queue}: message-id=<{queue}@{from}.example.com> from=<{from}@example.com>"
            ),
            _ => write!(
                line,
                "Subject: Re: Fwd: invoice 2024-001234 for {} {}, due 30.06.2024 12:00, total $1,249.90",
                from.to_uppercase(),
                to
            ),
        }
    }

    fn message(&mut self, line: &mut String) -> std::fmt::Result {
        let (name, time) = (self.word(), self.time());
        let sentence = self.random.pick(&SENTENCES);
        write!(line, "[chat] {time} @{name}: {sentence} #{name}")
    }

    fn leak(&mut self, line: &mut String) -> std::fmt::Result {
        let name = self.word();
        match self.random.below(6) {
            0 => {
                let key = self.token(16).to_uppercase();
                write!(line, "export AWS_ACCESS_KEY_ID=AKIA{key} # {name}")
            }
            1 => write!(
                line,
                "Authorization: Bearer eyJ{}.eyJ{}.{}",
                self.token(33),
                self.token(64),
                self.token(43)
            ),
            2 => write!(
                line,
                "DATABASE_URL=postgresql://{name}:{}@db.{name}.internal:5432/prod?sslmode=require",
                self.token(14)
            ),
            3 => write!(
                line,
                "remote: pushing with token ghp_{} to git@github.com:{name}/deploy.git",
                self.token(36)
            ),
            4 => write!(
                line,
                "password = \"{}\"  ; api_key: '{}'",
                self.token(12),
                self.token(32)
            ),
            _ => write!(
                line,
                "Set-Cookie: session={}; Path=/; HttpOnly; x-api-key: {}",
                self.hex(24),
                self.uuid()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_lines() {
        let take = |seed| {
            let mut lines = Lines::new(seed);
            (0..200).map(|_| lines.next()).collect::<Vec<_>>()
        };
        assert_eq!(take(1), take(1));
        assert_ne!(take(1), take(2));
        assert!(
            take(1)
                .iter()
                .all(|line| !line.is_empty() && !line.contains('\n'))
        );
    }
}
