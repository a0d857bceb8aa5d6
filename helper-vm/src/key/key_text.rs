//! The text in a sealed key: an age identity file whose comments say the rest.
//!
//! ```text
//! # TITLE
//! # NAME: VALUE
//! AGE-SECRET-KEY-1…
//! ```
//!
//! So the stock `age` can use it as it is with `-i`.

use age::secrecy::ExposeSecret;
use age::x25519;
use zeroize::Zeroizing;

/// Writes a text with these values.
pub fn write(
    title: &str,
    values: &[(&str, Zeroizing<String>)],
    identity: &x25519::Identity,
) -> Zeroizing<String> {
    // Never grown, so no copy of a secret is left behind.
    let mut text = Zeroizing::new(String::with_capacity(1024));
    let mut line = |parts: &[&str]| {
        parts.iter().for_each(|part| text.push_str(part));
        text.push('\n');
    };
    line(&["# ", title]);
    for (name, value) in values {
        line(&["# ", name, ": ", value]);
    }
    line(&[identity.to_string().expose_secret()]);
    text
}

/// Reads exactly what [`write`] writes with these names: values and identity.
pub fn read<'text, const N: usize>(
    text: &'text str,
    title: &str,
    names: [&str; N],
) -> Option<([&'text str; N], x25519::Identity)> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    if lines.next()?.strip_prefix("# ")? != title {
        return None;
    }
    let mut values = [""; N];
    for (value, name) in values.iter_mut().zip(names) {
        *value = lines
            .next()?
            .strip_prefix("# ")?
            .strip_prefix(name)?
            .strip_prefix(": ")?;
    }
    let identity = lines.next()?.parse().ok()?;
    lines.next().is_none().then_some((values, identity))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> Zeroizing<String> {
        let value = Zeroizing::new("42".to_owned());
        write(
            "title 1",
            &[("value", value)],
            &x25519::Identity::generate(),
        )
    }

    #[test]
    fn what_is_written_reads_back() {
        let text = text();
        let (values, identity) = read(&text, "title 1", ["value"]).unwrap();
        assert_eq!(values, ["42"]);
        assert!(text.ends_with(&format!("{}\n", identity.to_string().expose_secret())));
    }

    #[test]
    fn hostile_texts_are_refused() {
        let good = text().to_string();
        for bad in [
            String::new(),
            good.replace("title 1", "title 2"),
            good.replace("value", "other"),
            good.replace("# value: 42\n", ""),
            good.trim_end().to_owned(),
            good.clone() + "\n",
            good.clone() + &good,
            good.replace("KEY-1", "KEY-1Q"),
            good.replace('\n', "\r\n"),
        ] {
            assert!(read(&bad, "title 1", ["value"]).is_none(), "{bad:?}");
        }
    }
}
