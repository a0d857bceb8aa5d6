//! The report as a page that a person opens: no scripts, nothing from anywhere else.

use super::Standing;
use super::chart::chart;
use crate::ledger::proofs::Proof;
use crate::receipt::Receipt;
use crate::text;
use std::fmt::Write as _;

const STYLE: &str = include_str!("style.css");

/// The page, at a time in seconds since 1970.
pub fn page(standings: &[Standing<'_>], receipt: &Receipt, now: i64) -> String {
    let attention = standings.iter().filter(|one| one.needs_attention()).count();
    let (class, verdict) = if standings.is_empty() {
        ("warn", "Nothing is stored yet".to_owned())
    } else if attention == 0 {
        ("good", "All is well".to_owned())
    } else {
        let count = u64::try_from(attention).unwrap_or(u64::MAX);
        let volumes = text::count(count, "volume needs", "volumes need");
        ("warn", format!("{volumes} attention"))
    };
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>Backups</title><style>{STYLE}</style></head><body>\
         <header><h1>Backups</h1><p>as of {}</p><p class=\"verdict {class}\">{verdict}</p>\
         </header><main>",
        text::time(now)
    );
    for standing in standings {
        page.push_str(&card(standing));
    }
    page.push_str("</main>");
    page.push_str(&footer(receipt));
    page.push_str("</body></html>\n");
    page
}

/// What is to be kept away from this machine, for a page that is printed.
fn footer(receipt: &Receipt) -> String {
    let code = receipt.qr().map(|code| code.svg()).unwrap_or_default();
    format!(
        "<footer>{code}<p>Receipt <strong>{receipt}</strong><br>Keep it away from this machine and \
         from the storage: after a loss of both, 'qib recover --receipt' tells whether the storage \
         shows the newest state.</p></footer>"
    )
}

fn card(standing: &Standing<'_>) -> String {
    let history = standing.history;
    let class = if standing.needs_attention() {
        "warn"
    } else {
        "good"
    };
    let mut card = format!(
        "<section class=\"{class}\"><h2>{}{}</h2>",
        escaped(history.qube.name.as_str()),
        history.part().suffix()
    );
    for problem in problems(standing) {
        let _infallible = write!(card, "<p class=\"problem\">{}</p>", escaped(&problem));
    }
    card.push_str("<div class=\"parts\"><dl>");
    for (term, value) in facts(standing) {
        let value = escaped(&value);
        let _infallible = write!(card, "<dt>{term}</dt><dd>{value}</dd>");
    }
    card.push_str("</dl><div class=\"charts\">");
    card.push_str(&chart(&history.snapshots));
    card.push_str("</div></div></section>");
    card
}

/// What is wrong, a sentence each.
pub fn problems(standing: &Standing<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    let name = &standing.history.qube.name;
    if let Some((sequence, signs)) = standing.history.frozen() {
        problems.push(format!(
            "alarm since snapshot {sequence}: {signs}; nothing is forgotten until 'qib thaw {name}'"
        ));
    }
    if !standing.lost.is_empty() {
        let mut snapshots: Vec<u64> = standing
            .lost
            .iter()
            .flat_map(|(_, needing)| needing.iter().copied())
            .collect();
        snapshots.sort_unstable();
        snapshots.dedup();
        let numbers: Vec<String> = snapshots.iter().map(u64::to_string).collect();
        let count = u64::try_from(standing.lost.len()).unwrap_or(u64::MAX);
        problems.push(format!(
            "{} lost at the storage; not whole: snapshot {}",
            text::count(count, "object is", "objects are"),
            numbers.join(", ")
        ));
    }
    problems.extend(standing.due.iter().map(ToString::to_string));
    problems
}

fn facts(standing: &Standing<'_>) -> Vec<(&'static str, String)> {
    let proofs = &standing.history.proofs;
    let proved = |proof: Proof| {
        let record = proofs.good(proof);
        record.map_or_else(|| "never".to_owned(), |record| text::time(record.time))
    };
    let kept = u64::try_from(standing.history.snapshots.len()).unwrap_or(u64::MAX);
    let mut facts = vec![("Kept", text::count(kept, "snapshot", "snapshots"))];
    if let (Some(last), Some(age)) = (standing.last, standing.age) {
        facts.push((
            "Last backup",
            format!("{} ({age} ago)", text::time(last.time)),
        ));
        facts.push(("Files", text::number(last.counts.files)));
        let size = text::bytes(last.counts.file_bytes);
        facts.push(("Size", format!("{size} ({})", growth(standing.growth))));
        facts.push(("Stored by it", text::bytes(last.counts.bytes_stored)));
    }
    facts.push(("Digests proved", proved(Proof::Digests)));
    facts.push(("Opened and compared", proved(Proof::Opened)));
    facts.push(("Drilled", proved(Proof::Drilled)));
    let identity = proofs.identity;
    let identity = identity.map_or_else(|| "unproven".to_owned(), text::time);
    facts.push(("Sealed key proved", identity));
    facts
}

/// By how much it grew, as `+12.0 MiB`.
pub fn growth(bytes: i64) -> String {
    let sign = if bytes < 0 { '-' } else { '+' };
    format!("{sign}{}", text::bytes(bytes.unsigned_abs()))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;
    use qib_rpc::id::Digest;
    use qib_rpc::key::Dom0Secret;

    #[test]
    fn nothing_that_is_shown_is_taken_for_markup() {
        assert_eq!(
            escaped("<a href='x'>&\"b"),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;b"
        );
    }

    #[test]
    fn an_empty_page_has_no_script_and_nothing_from_elsewhere() {
        let keys = Keys::new(&Dom0Secret::new([1; 32]));
        let receipt = Receipt::new(&keys, 57, &Digest::new([9; 32]));
        let page = page(&[], &receipt, 0);
        for word in ["<script", "http://", "https://", "url(", "@import"] {
            assert!(!page.contains(word), "{word}");
        }
    }
}
