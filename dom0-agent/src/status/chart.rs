//! A small chart: how large a volume was, and what its backups stored, as inline SVG.

use crate::ledger::record::SnapshotRecord;
use crate::text;
use std::fmt::Write as _;

/// Snapshots in a chart: those before the last of them are left out.
const MOST: usize = 60;

const WIDTH: u64 = 560;
const HEIGHT: u64 = 130;

/// Two rows of bars, one above the other.
pub fn chart(snapshots: &[SnapshotRecord]) -> String {
    let from = snapshots.len().saturating_sub(MOST);
    let shown = snapshots.get(from..).unwrap_or_default();
    let sizes = row(shown, "size", "Files", |one| one.counts.file_bytes);
    let stored = row(shown, "stored", "Stored", |one| one.counts.bytes_stored);
    format!("{sizes}{stored}")
}

/// One bar for each snapshot, as high as its share of the highest.
fn row(
    snapshots: &[SnapshotRecord],
    class: &str,
    title: &str,
    value: fn(&SnapshotRecord) -> u64,
) -> String {
    let highest = snapshots.iter().map(value).max().unwrap_or(0);
    let count = u64::try_from(snapshots.len()).unwrap_or(u64::MAX);
    // Of few snapshots the bars do not become wide.
    let step = (WIDTH / count.max(1)).min(40);
    let width = step.saturating_sub(2).max(1);
    let label = format!("{title}, at most {}", text::bytes(highest));
    let mut svg = format!(
        "<figure><figcaption>{label}</figcaption><svg class=\"{class}\" role=\"img\" \
         aria-label=\"{label}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"xMinYMid\">\
         <line x1=\"0\" y1=\"{base}\" x2=\"{WIDTH}\" y2=\"{base}\"/>",
        base = HEIGHT - 1,
    );
    for (place, snapshot) in (0u64..).zip(snapshots) {
        let value = value(snapshot);
        let share = u128::from(value) * u128::from(HEIGHT - 10) / u128::from(highest.max(1));
        // Even the smallest can be seen and pointed at.
        let height = u64::try_from(share).unwrap_or(0).max(2);
        let _infallible = write!(
            svg,
            "<rect x=\"{}\" y=\"{}\" width=\"{width}\" height=\"{height}\">\
             <title>snapshot {} of {}: {}</title></rect>",
            place * step,
            HEIGHT - 1 - height,
            snapshot.sequence,
            text::time(snapshot.time),
            text::bytes(value),
        );
    }
    svg.push_str("</svg></figure>");
    svg
}
