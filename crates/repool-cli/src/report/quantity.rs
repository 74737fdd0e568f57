//! Numbers with their units, three digits long.

/// Three digits of a number from 0 up to the thousands.
fn three_digits(number: f64) -> String {
    match number {
        n if n >= 99.95 => format!("{n:.0}"),
        n if n >= 9.995 => format!("{n:.1}"),
        n => format!("{n:.2}"),
    }
}

/// A time, given in seconds.
pub(crate) fn seconds(seconds: f64) -> String {
    let (number, unit) = match seconds {
        s if s >= 0.999_5 => (s, "s"),
        s if s >= 0.999_5e-3 => (s * 1e3, "ms"),
        s if s >= 0.999_5e-6 => (s * 1e6, "µs"),
        s => (s * 1e9, "ns"),
    };
    format!("{} {unit}", three_digits(number))
}

/// A time, given in nanoseconds.
pub(crate) fn ns(ns: f64) -> String {
    seconds(ns * 1e-9)
}

/// A number of bytes, in units of 1,024.
pub(crate) fn bytes(bytes: usize) -> String {
    let bytes = bytes as f64;
    match bytes {
        b if b < 1024.0 => format!("{b} B"),
        b if b < 1000.0 * 1024.0 => format!("{} KiB", three_digits(b / 1024.0)),
        b if b < 1000.0 * 1024.0 * 1024.0 => format!("{} MiB", three_digits(b / 1_048_576.0)),
        b => format!("{} GiB", three_digits(b / 1_073_741_824.0)),
    }
}

/// Bytes a second, in units of 1,000.
pub(crate) fn throughput(bytes: usize, seconds: f64) -> String {
    let rate = bytes as f64 / seconds;
    match rate {
        r if r >= 0.999_5e9 => format!("{} GB/s", three_digits(r * 1e-9)),
        r if r.is_finite() => format!("{} MB/s", three_digits(r * 1e-6)),
        _ => "-".to_owned(),
    }
}

/// A whole number, in groups of three digits.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A share, given from 0 to 1.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// How many times more one is than another.
pub(crate) fn times(factor: f64) -> String {
    match factor {
        f if !f.is_finite() => "-".to_owned(),
        f if f < 999.5 => format!("{}×", three_digits(f)),
        f => format!("{}×", count(f.round() as u64)),
    }
}

/// A plain ratio.
pub(crate) fn ratio(ratio: f64) -> String {
    match ratio {
        r if !r.is_finite() => "-".to_owned(),
        r if r < 9.9995 => format!("{r:.3}"),
        r => three_digits(r),
    }
}

/// A number as `show` shows it, or a dash if there is none.
pub(crate) fn shown(number: Option<f64>, show: impl FnOnce(f64) -> String) -> String {
    number.map_or_else(|| "-".to_owned(), show)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_fit_the_size() {
        assert_eq!(seconds(12.0), "12.0 s");
        assert_eq!(seconds(0.999_9), "1.00 s");
        assert_eq!(seconds(0.0123), "12.3 ms");
        assert_eq!(ns(1234.0), "1.23 µs");
        assert_eq!(ns(0.25), "0.25 ns");
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(196_608), "192 KiB");
        assert_eq!(bytes(1_500_000), "1.43 MiB");
        assert_eq!(bytes(5 << 30), "5.00 GiB");
        assert_eq!(throughput(3_000_000, 0.002), "1.50 GB/s");
        assert_eq!(throughput(100, 1e-6), "100 MB/s");
        assert_eq!(throughput(0, 0.0), "-");
        assert_eq!(times(118.2), "118×");
        assert_eq!(times(63_695.8), "63,696×");
        assert_eq!(times(f64::NAN), "-");
        assert_eq!(percent(0.987), "98.7 %");
        assert_eq!(ratio(0.0123), "0.012");
        assert_eq!(ratio(65.557), "65.6");
        assert_eq!(ratio(f64::INFINITY), "-");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1000), "1,000");
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
