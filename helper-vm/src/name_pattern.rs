//! Patterns of one name, as paths to restore and rules have them.

/// True when a name matches a pattern: `*` stands for any bytes or none, `?` for one byte,
/// and what follows a `\` for itself.
pub fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut pattern, mut name) = (pattern, name);
    // Where to go on when it does not fit: behind the last star, one byte further.
    let mut again: Option<(&[u8], &[u8])> = None;
    loop {
        let fits = match (pattern, name) {
            ([b'*', rest @ ..], _) => {
                again = Some((rest, name));
                pattern = rest;
                continue;
            }
            ([], []) => return true,
            ([b'?', rest @ ..], [_, left @ ..]) => Some((rest, left)),
            ([b'\\', byte, rest @ ..], [first, left @ ..]) if byte == first => Some((rest, left)),
            ([b'\\', _, ..], _) => None,
            ([byte, rest @ ..], [first, left @ ..]) if byte == first => Some((rest, left)),
            _ => None,
        };
        let next = fits.or_else(|| {
            let (rest, left) = again?;
            let left = left.get(1..)?;
            again = Some((rest, left));
            again
        });
        let Some(next) = next else { return false };
        (pattern, name) = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, name, same) in [
            ("a", "a", true),
            ("a", "b", false),
            ("a", "ab", false),
            ("*", "", true),
            ("*.odt", "x.odt", true),
            ("*.odt", ".odt", true),
            ("*.odt", "x.odt.bak", false),
            ("a*b*c", "a--b-b--c", true),
            ("a*b*c", "a--b-b--", false),
            ("?", "x", true),
            ("?", "", false),
            ("??", "x", false),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("a\\", "a\\", true),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            let found = matches(pattern.as_bytes(), name.as_bytes());
            assert_eq!(found, same, "{pattern} {name}");
        }
    }

    /// The same, as one would say it.
    fn said(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern, name) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => (0..=name.len()).any(|skip| said(rest, &name[skip..])),
            ([b'?', rest @ ..], [_, left @ ..]) => said(rest, left),
            ([b'\\', byte, rest @ ..], [first, left @ ..]) => byte == first && said(rest, left),
            ([byte, rest @ ..], [first, left @ ..]) => byte == first && said(rest, left),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn it_matches_what_it_says(pattern in "[ab*?\\\\]{0,8}", name in "[ab*\\\\]{0,8}") {
            let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
            prop_assert_eq!(matches(pattern, name), said(pattern, name));
        }
    }

    #[test]
    fn many_stars_take_no_longer_than_the_name_is_long() {
        let pattern = "*a".repeat(256) + "b";
        let began = std::time::Instant::now();
        assert!(!matches(pattern.as_bytes(), &[b'a'; 255]));
        assert!(began.elapsed() < std::time::Duration::from_secs(1));
    }
}
