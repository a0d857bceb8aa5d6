//! One panel: tools from the best to the worst, each with a cold and a warm bar.

use super::{OTHERS, QIB};
use crate::number::{float, megabytes, seconds};
use crate::summary::{Group, Row};
use crate::temperature::Temperature;
use crate::tool::{self, PIPELINE};

const TITLE: u32 = 30;
const BAR: u32 = 13;
const TOOL: u32 = 2 * BAR + 8;
/// Room for the names of tools, and for the values behind the bars.
const NAMES: u32 = 136;
const VALUES: u32 = 72;

/// What the bars show.
#[derive(Clone, Copy, Debug)]
pub(super) enum Measure {
    Time,
    Stored,
    Sent,
}

impl Measure {
    fn of(self, row: &Row) -> Option<f64> {
        match self {
            Self::Time => row.seconds,
            Self::Stored => row.stored_bytes.filter(|_| row.tool != PIPELINE),
            Self::Sent => row.sent_bytes.filter(|_| row.tool != PIPELINE),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Time => "seconds",
            Self::Stored => "MB stored",
            Self::Sent => "MB sent",
        }
    }

    fn text(self, value: f64) -> String {
        match self {
            Self::Time => format!("{} s", seconds(value)),
            Self::Stored | Self::Sent => format!("{} MB", megabytes(value)),
        }
    }
}

/// A tool's cold and warm value.
struct Bars {
    tool: String,
    values: [Option<f64>; 2],
}

impl Bars {
    fn best(&self) -> f64 {
        let values = self.values.iter().flatten().copied();
        values.fold(f64::INFINITY, f64::min)
    }
}

/// A panel that has something to show.
pub(super) struct Panel {
    title: String,
    measure: Measure,
    tools: Vec<Bars>,
    largest: f64,
}

impl Panel {
    /// The groups are those of one workload.
    pub(super) fn new(groups: &[&Group], measure: Measure) -> Option<Self> {
        let workload = groups.first()?.workload;
        let mut names: Vec<&str> = groups
            .iter()
            .flat_map(|group| group.rows.iter().map(|row| row.tool.as_str()))
            .collect();
        names.sort_unstable();
        names.dedup();
        let value = |name: &str, temperature: Temperature| {
            let mut of = groups
                .iter()
                .filter(|group| group.temperature == temperature);
            measure.of(of.next()?.row(name)?)
        };
        let mut tools: Vec<Bars> = names
            .into_iter()
            .map(|name| Bars {
                tool: name.to_owned(),
                values: Temperature::ALL.map(|temperature| value(name, temperature)),
            })
            .filter(|bars| bars.values.iter().any(Option::is_some))
            .collect();
        tools.sort_by(|one, other| one.best().total_cmp(&other.best()));
        let values = tools.iter().flat_map(|bars| bars.values.iter().flatten());
        let largest = values.copied().fold(0.0, f64::max);
        (largest > 0.0).then(|| Self {
            title: format!(
                "({}) {}: {}",
                workload.letter,
                workload.title,
                measure.title()
            ),
            measure,
            tools,
            largest,
        })
    }

    pub(super) fn height(&self) -> u32 {
        TITLE + TOOL * u32::try_from(self.tools.len()).unwrap_or(0)
    }

    pub(super) fn svg(&self, x: u32, y: u32, width: u32) -> String {
        let (axis, end) = (x + NAMES, y + self.height());
        let mut text = format!(
            "<text class=\"panel\" x=\"{x}\" y=\"{}\">{}</text>\n",
            y + 16,
            self.title
        );
        let mut top = y + TITLE;
        for bars in &self.tools {
            text.push_str(&self.tool(bars, axis, top, width - NAMES - VALUES));
            top += TOOL;
        }
        text.push_str(&format!(
            "<line class=\"axis\" x1=\"{axis}\" y1=\"{}\" x2=\"{axis}\" y2=\"{end}\"/>\n",
            y + TITLE - 4
        ));
        text
    }

    fn tool(&self, bars: &Bars, axis: u32, top: u32, room: u32) -> String {
        let is_qib = bars.tool == tool::QIB;
        let (colours, class) = if is_qib {
            (QIB, "tool qib")
        } else {
            (OTHERS, "tool")
        };
        let mut text = format!(
            "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>\n",
            axis - 8,
            top + BAR + 5,
            bars.tool
        );
        for ((value, colour), y) in bars.values.iter().zip(colours).zip([top, top + BAR]) {
            let Some(value) = value else { continue };
            let length = float(room.into()) * value / self.largest;
            text.push_str(&format!(
                "<rect x=\"{axis}\" y=\"{y}\" width=\"{length:.1}\" height=\"{}\" \
                 fill=\"{colour}\"/>\
                 <text class=\"value\" x=\"{:.1}\" y=\"{}\">{}</text>\n",
                BAR - 1,
                float(axis.into()) + length + 5.0,
                y + BAR - 3,
                self.measure.text(*value)
            ));
        }
        text
    }
}
