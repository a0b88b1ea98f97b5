//! Figures of several runs, side by side.

use std::{io::Result, time::Duration};

use crate::subject::Kind;

/// Microseconds that messages took.
#[derive(Debug, Default)]
pub struct Delays(Vec<u32>);

impl Delays {
    pub fn add(&mut self, delay: Duration) {
        self.0.push(u32::try_from(delay.as_micros()).unwrap_or(u32::MAX));
    }

    /// Milliseconds that so many of a thousand did not exceed.
    pub fn permille(&mut self, part: usize) -> f64 {
        self.0.sort_unstable();
        let at = (self.0.len() * part / 1000).min(self.0.len().saturating_sub(1));
        self.0.get(at).map_or(f64::NAN, |micros| f64::from(*micros) / 1000.0)
    }
}

/// Runs `measure` so many times with each of `kinds` in turn, and prints the median of each of `names`, with its
/// ratio to that of the first kind.
pub fn compare(
    title: &str,
    kinds: &[Kind],
    names: &[&str],
    runs: usize,
    mut measure: impl FnMut(&Kind) -> Result<Vec<f64>>,
) {
    let columns: String = kinds.iter().map(|kind| format!("{:>12} {:>8}", kind.name(), "(ratio)")).collect();
    println!("\n{title:<44}{columns}");
    let mut found: Vec<Vec<Vec<f64>>> = vec![Vec::new(); kinds.len()];
    for _ in 0..runs {
        for (kind, found) in kinds.iter().zip(&mut found) {
            match measure(kind) {
                Ok(figures) => found.push(figures),
                Err(error) => println!("  {kind:?}: {error}"),
            }
        }
    }
    for (number, name) in names.iter().enumerate() {
        let of =
            |runs: &Vec<Vec<f64>>| median(runs.iter().filter_map(|figures| figures.get(number)).copied().collect());
        let medians: Vec<f64> = found.iter().map(of).collect();
        let first = medians.first().copied().unwrap_or(f64::NAN);
        let shown = medians.iter().map(|value| format!("{value:>12.2} {:>8}", format!("({:.2})", value / first)));
        println!("  {name:<42}{}", shown.collect::<String>());
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
