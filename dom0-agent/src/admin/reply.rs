//! qubesd's answers: two bytes of kind, then content or an exception.

use crate::admin::AdminError;
use crate::settings::Word;
use qib_rpc::name::QubeName;

/// The content of an answer to `method`.
///
/// # Errors
/// [`AdminError`] says why there is none.
pub fn reply(method: &str, mut answer: Vec<u8>) -> Result<Vec<u8>, AdminError> {
    if answer.is_empty() {
        return Err(AdminError::NoAnswer(method.to_owned()));
    }
    if answer.starts_with(b"0\0") {
        answer.drain(..2);
        return Ok(answer);
    }
    match answer.strip_prefix(b"2\0") {
        Some(exception) => Err(exception_of(method, exception)),
        None => Err(AdminError::BadAnswer(method.to_owned())),
    }
}

fn exception_of(method: &str, fields: &[u8]) -> AdminError {
    let mut fields = fields.split(|byte| *byte == 0).map(printable);
    let kind = fields.next().unwrap_or_default();
    let message = fields.nth(1).unwrap_or_default();
    AdminError::Exception {
        method: method.to_owned(),
        kind,
        message,
    }
}

/// Printable ASCII of `bytes`, so that no message moves the cursor.
fn printable(bytes: &[u8]) -> String {
    let shown = |byte: &u8| {
        if (0x20..0x7f).contains(byte) {
            char::from(*byte)
        } else {
            '_'
        }
    };
    bytes.iter().take(500).map(shown).collect()
}

/// One line of `admin.vm.List`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qube {
    /// Its name.
    pub name: QubeName,
    /// Its class, as `AppVM`.
    pub class: String,
    /// True when its state is `Halted`.
    pub halted: bool,
    /// Its uuid, which lists tell from Qubes 4.3 on.
    pub uuid: Option<[u8; 16]>,
}

/// Reads the answer to `admin.vm.List`; dom0 itself, whose name is no qube's, is not in it.
pub fn qubes(content: &[u8]) -> Option<Vec<Qube>> {
    let lines = std::str::from_utf8(content).ok()?.lines();
    lines
        .filter(|line| !line.starts_with("dom0 "))
        .map(qube)
        .collect()
}

fn qube(line: &str) -> Option<Qube> {
    let mut words = line.split(' ');
    let name = QubeName::parse(words.next()?).ok()?;
    let fields: Vec<(&str, &str)> = words.filter_map(|word| word.split_once('=')).collect();
    let field = |key| {
        fields
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| *value)
    };
    Some(Qube {
        name,
        class: field("class")?.to_owned(),
        halted: field("state")? == "Halted",
        uuid: field("uuid").and_then(uuid),
    })
}

/// Reads a uuid as it is usually written.
pub fn uuid(text: &str) -> Option<[u8; 16]> {
    qib_rpc::hex::decode(&text.replace('-', ""))
}

/// The value of a property, after `default=… type=…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// True when nobody set it.
    pub is_default: bool,
    /// Its value as text.
    pub value: String,
}

/// Reads the answer to `admin.vm.property.Get`.
pub fn property(content: &[u8]) -> Option<Property> {
    let text = std::str::from_utf8(content).ok()?;
    let mut words = text.splitn(3, ' ');
    let is_default = is_default(words.next()?)?;
    words.next()?.strip_prefix("type=")?;
    Some(Property {
        is_default,
        value: words.next().unwrap_or_default().to_owned(),
    })
}

/// Reads whether a property has its default.
pub fn is_default(word: &str) -> Option<bool> {
    match word {
        "default=True" => Some(true),
        "default=False" => Some(false),
        _ => None,
    }
}

/// The lines of an answer, each of which ends with the end of a line.
pub fn lines(content: &[u8]) -> Option<impl Iterator<Item = &str>> {
    let text = std::str::from_utf8(content).ok()?;
    let whole = text.is_empty() || text.ends_with('\n');
    whole.then(|| text.split_terminator('\n'))
}

/// The lines of an answer in which each is a word.
pub fn words(content: &[u8]) -> Option<Vec<Word>> {
    lines(content)?.map(Word::parse).collect()
}

/// The value of `key` in an answer of `key=value` lines.
pub fn line_value(content: &[u8], key: &str) -> Option<String> {
    let lines = std::str::from_utf8(content).ok()?.lines();
    let mut fields = lines.filter_map(|line| line.split_once('='));
    fields
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_as_qubesd_gives_them() {
        assert_eq!(reply("m", b"0\0text".to_vec()).unwrap(), b"text");
        assert!(matches!(
            reply("m", Vec::new()),
            Err(AdminError::NoAnswer(_))
        ));
        assert!(matches!(
            reply("m", b"7\0".to_vec()),
            Err(AdminError::BadAnswer(_))
        ));
        let error = reply("m", b"2\0QubesVMNotHaltedError\0\0runs\x1b[2J\0".to_vec()).unwrap_err();
        assert!(error.is("QubesVMNotHaltedError"));
        assert_eq!(
            error.to_string(),
            "qubesd: runs_[2J (QubesVMNotHaltedError, m)"
        );
    }

    #[test]
    fn lists_of_both_releases() {
        let list = qubes(
            b"dom0 class=AdminVM state=Running uuid=00000000-0000-0000-0000-000000000000\n\
              work class=AppVM state=Halted uuid=0123abcd-0123-0123-0123-0123456789ab\n\
              old class=AppVM state=Running\n",
        );
        let list = list.unwrap();
        assert_eq!(list.len(), 2);
        assert!(list[0].halted && list[0].uuid.is_some());
        assert!(!list[1].halted && list[1].uuid.is_none());
    }

    #[test]
    fn properties_and_lines() {
        let netvm = property(b"default=False type=vm ").unwrap();
        assert_eq!(
            netvm,
            Property {
                is_default: false,
                value: String::new()
            }
        );
        assert_eq!(property(b"default=True type=str a b").unwrap().value, "a b");
        assert_eq!(property(b"yes type=str a"), None);
        assert_eq!(
            line_value(b"pool=p\nvid=a=b\n", "vid").as_deref(),
            Some("a=b")
        );
    }
}
