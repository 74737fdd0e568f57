//! The haystacks, the same in every run.

use crate::rows::Text;

/// Length of the long haystacks, in bytes.
const LONG_BYTES: usize = 64 << 10;

impl Text {
    /// Makes the text.
    pub(crate) fn make(self) -> String {
        match self {
            Text::Line => {
                "2026-11-28 07:12:11 INFO worker id=48213 user=anna state=ready took=17ms path=/a/b"
                    .to_owned()
            }
            Text::Russian => "В КОМНАТЕ 12 было тихо, и только Окно хлопало на ветру".to_owned(),
            Text::Chinese => "2026年的冬天 Room 12 里很安静,只有窗户3次被风吹响。".to_owned(),
            Text::Log => long(log_line),
            Text::RussianLong => long(|random, text| {
                const WORDS: [&str; 12] = [
                    "дверь",
                    "окно",
                    "снег",
                    "Москва",
                    "ночь",
                    "и",
                    "не",
                    "тишина",
                    "жить",
                    "белый",
                    "путь",
                    "ёлка",
                ];
                text.push_str(WORDS[random.below(WORDS.len())]);
                text.push_str(if random.below(9) == 0 { ". " } else { " " });
            }),
            Text::ChineseLong => long(|random, text| {
                let character = 0x4E00 + random.below(0x5000) as u32;
                text.extend(char::from_u32(character));
                if random.below(15) == 0 {
                    text.push_str(if random.below(2) == 0 { "。" } else { ", " });
                }
            }),
        }
    }
}

fn long(mut add: impl FnMut(&mut Random, &mut String)) -> String {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut text = String::with_capacity(LONG_BYTES + 256);
    while text.len() < LONG_BYTES {
        add(&mut random, &mut text);
    }
    text
}

fn log_line(random: &mut Random, text: &mut String) {
    const USERS: [&str; 6] = ["anna", "bob", "chiara", "Жанна", "d.lee", "eve"];
    const AGENTS: [&str; 4] = ["Firefox/128.0", "Chrome/126.0", "Safari/17.5", "curl/8.5.0"];
    let user = USERS[random.below(USERS.len())];
    let agent = AGENTS[random.below(AGENTS.len())];
    let number = random.below(100_000);
    let line = match random.below(10) {
        0 => format!(
            "ERROR connection refused by 10.0.{}.{}",
            number % 256,
            number / 400
        ),
        1 => format!("INFO mail from {user}@example-{number}.org queued"),
        2..=4 => format!(
            "INFO worker id={number} user={user} state=ready took={}ms",
            number % 997
        ),
        _ => format!("INFO GET /api/v2/users/{user}/orders/{number} 200 {agent}"),
    };
    let (minute, second) = (random.below(60), random.below(60));
    text.push_str(&format!("2026-11-28 07:{minute:02}:{second:02} {line}\n"));
}

/// Xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}
