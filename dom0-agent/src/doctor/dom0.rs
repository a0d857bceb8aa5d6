//! dom0 itself: who we are, and which Qubes this is.

use super::Report;
use crate::admin::call;
use crate::paths::RELEASE;
use std::fs;

/// The releases that qib was made for.
const KNOWN: [&str; 2] = ["R4.2", "R4.3"];

pub(super) fn examine(report: &mut Report) {
    report.holds(
        "root",
        rustix::process::geteuid().is_root(),
        "qib runs as root",
        "qib does not run as root: run it as 'sudo qib'",
    );
    let so = |qubes: &Vec<_>| format!("qubesd answers and knows {} qubes", qubes.len());
    if report.keep("qubesd", call::qubes(), so).is_some() {
        examine_release(report);
    }
}

fn examine_release(report: &mut Report) {
    let text = match fs::read_to_string(RELEASE) {
        Ok(text) => text,
        Err(error) => {
            return report.warning("release", format!("{RELEASE} can not be read: {error}"));
        }
    };
    match release(&text) {
        Some(release) if KNOWN.contains(&release) => {
            report.well("release", format!("this is Qubes {release}"));
        }
        other => report.warning(
            "release",
            format!(
                "qib was made for Qubes {}, and this is {}: look for a newer qib",
                KNOWN.join(" and "),
                other.unwrap_or("another system"),
            ),
        ),
    }
}

/// What is in parentheses, as in `Qubes release 4.3 (R4.3)`, if it looks like a release.
fn release(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("(R")?;
    let (number, _) = rest.split_once(')')?;
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let begin = text.find("(R")?.checked_add(1)?;
    let end = begin.checked_add(number.len())?.checked_add(1)?;
    text.get(begin..end).filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::release;

    #[test]
    fn releases() {
        assert_eq!(release("Qubes release 4.3.0 (R4.3)\n"), Some("R4.3"));
        for text in ["", "Debian", "(R)", "(R4.3", "(R4;rm)"] {
            assert_eq!(release(text), None, "{text}");
        }
    }
}
