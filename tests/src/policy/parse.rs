//! Reads policy lines: `SERVICE ARGUMENT SOURCE DESTINATION ACTION [key=value …]`.

use anyhow::{Context, Result, bail, ensure};

use super::token::Token;

/// One line of a policy.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(crate) service: Option<String>,
    /// None is `*`; the text is without its `+`.
    pub(crate) argument: Option<String>,
    pub(crate) source: Token,
    pub(crate) destination: Token,
    pub(crate) action: Action,
    pub(crate) target: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) autostart: bool,
}

/// What a line does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Allow,
    Deny,
    Ask,
}

/// Reads the text of one file.
pub fn parse(text: &str) -> Result<Vec<Rule>> {
    let mut rules = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            rules.push(parse_line(line).with_context(|| format!("line {}", number + 1))?);
        }
    }
    Ok(rules)
}

fn parse_line(line: &str) -> Result<Rule> {
    ensure!(!line.starts_with('!'), "the lab reads no {line:?}");
    let mut words = line.split_whitespace();
    let mut word = |what: &'static str| words.next().context(what);
    let service = service(word("no service")?)?;
    let argument = argument(word("no argument")?)?;
    ensure!(
        service.is_some() || argument.is_none(),
        "service * needs argument *"
    );
    let source = Token::parse(word("no source")?).context("source")?;
    ensure!(source.is_source(), "not a source");
    let destination = Token::parse(word("no destination")?).context("destination")?;
    let action = action(word("no action")?)?;
    let mut rule = Rule {
        service,
        argument,
        source,
        destination,
        action,
        target: None,
        user: None,
        autostart: true,
    };
    for parameter in words {
        parameter_of(&mut rule, parameter)?;
    }
    let lost =
        rule.action == Action::Allow && rule.destination == Token::Default && rule.target.is_none();
    ensure!(!lost, "allow with @default needs target=");
    Ok(rule)
}

fn service(word: &str) -> Result<Option<String>> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    match word {
        "*" => Ok(None),
        name if name.chars().all(plain) => Ok(Some(name.to_owned())),
        _ => bail!("service {word:?}"),
    }
}

fn argument(word: &str) -> Result<Option<String>> {
    if word == "*" {
        return Ok(None);
    }
    let argument = word
        .strip_prefix('+')
        .context("an argument begins with +")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
    ensure!(argument.chars().all(plain), "argument {word:?}");
    Ok(Some(argument.to_owned()))
}

fn action(word: &str) -> Result<Action> {
    match word {
        "allow" => Ok(Action::Allow),
        "deny" => Ok(Action::Deny),
        "ask" => Ok(Action::Ask),
        _ => bail!("action {word:?}"),
    }
}

fn parameter_of(rule: &mut Rule, parameter: &str) -> Result<()> {
    let (key, value) = parameter
        .split_once('=')
        .context("a parameter is key=value")?;
    let denies = rule.action == Action::Deny;
    match key {
        "notify" => drop(yes_or_no(value)?),
        "target" if !denies => rule.target = Some(value.to_owned()),
        "user" if !denies => rule.user = Some(value.to_owned()),
        "autostart" if !denies => rule.autostart = yes_or_no(value)?,
        "default_target" if rule.action == Action::Ask => {}
        _ => bail!("parameter {parameter:?}"),
    }
    Ok(())
}

fn yes_or_no(value: &str) -> Result<bool> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => bail!("{value:?} is neither yes nor no"),
    }
}
