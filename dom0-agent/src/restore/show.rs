//! The plan of a restore, as it is shown before anything happens.

use super::change::changes;
use super::filter::restorable;
use super::plan::{Making, Plan, QubePlan};
use crate::settings::Settings;
use crate::text;
use serde_json::{Value, json};

impl Plan {
    /// The plan as text, each line ended.
    pub fn text(&self) -> String {
        let mut lines = String::new();
        for qube in &self.qubes {
            lines.push_str(&qube.text());
        }
        for name in &self.skipped {
            lines.push_str(&format!("{name}: skipped, as it exists\n"));
        }
        for (name, why) in &self.left_out {
            lines.push_str(&format!("{name}: not restored: {why}\n"));
        }
        lines
    }

    /// The plan as JSON.
    pub fn json(&self) -> Value {
        let left_out = self.left_out.iter();
        let left_out = left_out.map(|(name, why)| json!({ "qube": name.as_str(), "why": why }));
        let skipped = self.skipped.iter().map(|name| name.as_str());
        json!({
            "qubes": self.qubes.iter().map(QubePlan::json).collect::<Vec<Value>>(),
            "skipped": skipped.collect::<Vec<&str>>(),
            "left_out": left_out.collect::<Vec<Value>>(),
        })
    }

    /// True when somebody has to agree before it is carried out.
    pub fn is_dangerous(&self) -> bool {
        self.qubes.iter().any(|qube| !qube.dangers.is_empty())
    }
}

impl QubePlan {
    fn text(&self) -> String {
        let mut lines = format!("{}: {}", self.target, self.what());
        if self.source != self.target {
            lines.push_str(&format!(", from the backups of {}", self.source));
        }
        lines.push('\n');
        if self.volumes.is_empty() {
            lines.push_str("  no data\n");
        }
        for volume in &self.volumes {
            let (part, snapshot) = (volume.part.name(), &volume.snapshot);
            let (number, time) = (snapshot.sequence, text::time(snapshot.time));
            let of = if volume.paths.is_some() {
                "parts of "
            } else {
                ""
            };
            lines.push_str(&format!(
                "  {part} volume: {of}snapshot {number} of {time}\n"
            ));
        }
        for step in self.steps() {
            lines.push_str(&format!("  sets {}\n", text::shown(&step, "    ")));
        }
        for remark in &self.remarks {
            lines.push_str(&format!("  {}\n", text::shown(remark, "    ")));
        }
        for danger in &self.dangers {
            let danger = text::shown(&danger.to_string(), "    ");
            lines.push_str(&format!("  ATTENTION: {danger}\n"));
        }
        lines
    }

    fn json(&self) -> Value {
        let snapshot = |volume: &super::Volume| json!({ "volume": volume.part.name(), "snapshot": volume.snapshot.sequence });
        let dangers = self.dangers.iter().map(ToString::to_string);
        json!({
            "qube": self.target.as_str(),
            "from": self.source.as_str(),
            "replaces": matches!(self.making, Making::Replace(_)),
            "volumes": self.volumes.iter().map(snapshot).collect::<Vec<Value>>(),
            "settings": self.wanted.as_ref().map(Settings::json),
            "new_label": self.new_label.as_ref().map(|(label, colour)| json!({
                "name": label.as_str(), "colour": colour.as_str(),
            })),
            "remarks": self.remarks,
            "dangers": dangers.collect::<Vec<String>>(),
        })
    }

    fn what(&self) -> String {
        match &self.making {
            Making::New {
                class,
                template: Some(template),
                ..
            } => format!("a new {class}, based on {template}"),
            Making::New { class, .. } => format!("a new {class}"),
            Making::Replace(now) => format!("the {} that is there is replaced", now.class),
        }
    }

    /// What changes about a qube that is there. Of a new one everything is as it was, but for the
    /// remarks.
    fn steps(&self) -> Vec<String> {
        let (Making::Replace(now), Some(wanted)) = (&self.making, &self.wanted) else {
            return Vec::new();
        };
        let mut now = Settings::clone(now);
        restorable(&mut now);
        let steps = changes(&now, wanted);
        steps.iter().map(ToString::to_string).collect()
    }
}
