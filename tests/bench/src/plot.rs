//! The medians as a picture: a panel for each workload, a pair of bars for each tool.

mod panel;

use panel::{Measure, Panel};

use crate::scale::Scale;
use crate::summary::Group;

const WIDTH: u32 = 1240;
const MARGIN: u32 = 28;
const GAP: u32 = 44;
const HEAD: u32 = 96;

const STYLE: &str = "\
text { font-family: 'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif; fill: #22272e }
.title { font-size: 22px; font-weight: bold }
.small { font-size: 13px; fill: #57606a }
.panel { font-size: 15px; font-weight: bold }
.tool { font-size: 13px; text-anchor: end }
.qib { font-weight: bold }
.value { font-size: 11.5px; fill: #57606a }
.axis { stroke: #8c959f; stroke-width: 1 }
";

/// The colours of cold and warm bars, for qib and for everyone else.
pub(super) const QIB: [&str; 2] = ["#0a5fb4", "#7db8ef"];
pub(super) const OTHERS: [&str; 2] = ["#6e7781", "#c3c9cf"];

/// An SVG of all groups.
pub(crate) fn svg(groups: &[Group], scale: Scale) -> String {
    let panels = panels(groups);
    let column = (WIDTH - 2 * MARGIN - GAP) / 2;
    // Each panel goes where the shorter column ends.
    let mut ends = [HEAD, HEAD];
    let mut body = String::new();
    for panel in &panels {
        let [left, right] = &mut ends;
        let (end, x) = if left <= right {
            (left, MARGIN)
        } else {
            (right, MARGIN + column + GAP)
        };
        body.push_str(&panel.svg(x, *end, column));
        *end += panel.height() + GAP;
    }
    let height = ends.into_iter().max().unwrap_or(HEAD);
    let part = if scale.is_full() {
        String::new()
    } else {
        format!(" (workloads at {scale} of their size: no figures to go by)")
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\">\n<style>\n{STYLE}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text class=\"title\" x=\"{MARGIN}\" y=\"42\">qib and its peers on the same volume</text>\n\
         <text class=\"small\" x=\"{MARGIN}\" y=\"66\">Medians; shorter is better{part}</text>\n\
         {}{body}</svg>\n",
        legend()
    )
}

fn legend() -> String {
    let mut text = String::new();
    let entries = [("cold", QIB[0], OTHERS[0]), ("warm", QIB[1], OTHERS[1])];
    for ((name, qib, others), x) in entries.into_iter().zip([WIDTH - 250, WIDTH - 130]) {
        let (second, word) = (x + 18, x + 40);
        text.push_str(&format!(
            "<rect x=\"{x}\" y=\"31\" width=\"14\" height=\"14\" fill=\"{qib}\"/>\
             <rect x=\"{second}\" y=\"31\" width=\"14\" height=\"14\" fill=\"{others}\"/>\
             <text class=\"small\" x=\"{word}\" y=\"43\">{name}</text>\n"
        ));
    }
    text
}

/// Times of every workload, and bytes where they are the point.
fn panels(groups: &[Group]) -> Vec<Panel> {
    let mut letters: Vec<&str> = groups.iter().map(|group| group.workload.letter).collect();
    letters.dedup();
    let mut panels = Vec::new();
    for letter in letters {
        let is_here = |group: &&Group| group.workload.letter == letter;
        let here: Vec<&Group> = groups.iter().filter(is_here).collect();
        panels.extend(Panel::new(&here, Measure::Time));
        match letter {
            "a" => panels.extend(Panel::new(&here, Measure::Stored)),
            "d" | "e" => panels.extend(Panel::new(&here, Measure::Sent)),
            _ => {}
        }
    }
    panels
}
