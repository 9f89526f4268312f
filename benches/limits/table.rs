//! One line a measurement: the limit, ours, their ratio and how far the rounds lie apart.

use std::time::Duration;

/// Samples of one piece of work, taken in turns.
#[derive(Default)]
pub(crate) struct Row {
    limit: Vec<f64>,
    ours: Vec<f64>,
}

impl Row {
    pub(crate) fn add(&mut self, limit: Duration, ours: Duration) {
        self.limit.push(limit.as_secs_f64());
        self.ours.push(ours.as_secs_f64());
    }

    /// Prints the row of one quantile of the samples; `wanted` is what the ratio is to be at most.
    pub(crate) fn print(&self, name: &str, share: f64, wanted: &str) {
        let (limit, ours) = (quantile(&self.limit, share), quantile(&self.ours, share));
        let spread = (quantile(&self.ours, 0.75) - quantile(&self.ours, 0.25)) / quantile(&self.ours, 0.5) * 100.0;
        line(
            name,
            &seconds(limit),
            &seconds(ours),
            &format!("{:.2}", ours / limit),
            &format!("{spread:.0} %"),
            wanted,
        );
    }
}

pub(crate) fn head() {
    println!("| work | limit | membridge | ratio | spread | wanted |");
    println!("|---|---|---|---|---|---|");
}

pub(crate) fn line(name: &str, limit: &str, ours: &str, ratio: &str, spread: &str, wanted: &str) {
    println!("| {name} | {limit} | {ours} | {ratio} | {spread} | {wanted} |");
}

/// Returns the sample that so many of all lie below.
pub(crate) fn quantile(samples: &[f64], share: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .get(((sorted.len().max(1) - 1) as f64 * share).round() as usize)
        .copied()
        .unwrap_or(f64::NAN)
}

/// Returns a time with three digits.
pub(crate) fn seconds(time: f64) -> String {
    match time {
        it if it >= 1.0 => format!("{it:.2} s"),
        it if it >= 1e-3 => format!("{:.2} ms", it * 1e3),
        it => format!("{:.1} µs", it * 1e6),
    }
}
