//! Decides a call by the first rule that matches it.

use super::parse::{Action, Rule};
use super::system::SystemInfo;
use super::token::Token;

/// One call, as the daemon saw it after cleaning its names.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The service without its argument.
    pub service: &'a str,
    /// What followed the `+`; empty when nothing did.
    pub argument: &'a str,
    /// The calling qube.
    pub source: &'a str,
    /// The target as it was asked for.
    pub target: &'a str,
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes to `target`, which may be `@dispvm:NAME`.
    Allow {
        /// A qube's name.
        target: String,
        /// Start the target when it is halted.
        autostart: bool,
        /// Run the service as this user.
        user: Option<String>,
    },
    /// A person is asked, who may say yes if a qube is named.
    Ask {
        /// That qube.
        target: Option<String>,
        /// Start the target when it is halted.
        autostart: bool,
    },
    /// It is refused.
    Deny,
}

/// What the target of a request is, once known and unknown names are told apart.
enum Target {
    Default,
    Qube(String),
    /// Made from this template; asked for as `@dispvm`, or by the template's name.
    Disposable {
        template: String,
        by_default: bool,
    },
}

/// The template in `@dispvm:NAME`.
pub fn disposable_template(target: &str) -> Option<&str> {
    target.strip_prefix("@dispvm:")
}

/// Decides a call by these rules.
pub fn decide_by(rules: &[Rule], system: &SystemInfo, request: &Request) -> Verdict {
    if !system.contains_key(request.source) || is_same(request) {
        return Verdict::Deny;
    }
    let Some(target) = resolve(request.target, request.source, system) else {
        return Verdict::Deny;
    };
    let rule = rules
        .iter()
        .find(|rule| matches(rule, request, &target, system));
    rule.map_or(Verdict::Deny, |rule| verdict(rule, request, target, system))
}

fn is_same(request: &Request) -> bool {
    request.source == request.target
}

/// An unknown target is `@default`; a disposable without a template cannot be made.
fn resolve(target: &str, source: &str, system: &SystemInfo) -> Option<Target> {
    if target == "@dispvm" {
        let template = system.get(source)?.default_dispvm.clone()?;
        return Some(Target::Disposable {
            template,
            by_default: true,
        });
    }
    if let Some(template) = disposable_template(target) {
        let fit = system
            .get(template)
            .is_some_and(|domain| domain.template_for_dispvms);
        let template = template.to_owned();
        return fit.then_some(Target::Disposable {
            template,
            by_default: false,
        });
    }
    let name = if target == "@adminvm" { "dom0" } else { target };
    let by_uuid = |uuid: &str| {
        system
            .iter()
            .find(|(_, domain)| domain.uuid == uuid)
            .map(|(name, _)| name.clone())
    };
    let known = match target.strip_prefix("uuid:") {
        Some(uuid) => by_uuid(uuid),
        None => system.contains_key(name).then(|| name.to_owned()),
    };
    Some(known.map_or(Target::Default, Target::Qube))
}

fn matches(rule: &Rule, request: &Request, target: &Target, system: &SystemInfo) -> bool {
    rule.service
        .as_deref()
        .is_none_or(|service| service == request.service)
        && rule
            .argument
            .as_deref()
            .is_none_or(|argument| argument == request.argument)
        && rule.source.matches_qube(request.source, system)
        && matches_target(rule, target, system)
}

fn matches_target(rule: &Rule, target: &Target, system: &SystemInfo) -> bool {
    match target {
        Target::Default => {
            matches!(rule.destination, Token::Default | Token::AnyVm | Token::All)
        }
        Target::Qube(name) => rule.destination.matches_qube(name, system),
        Target::Disposable {
            template,
            by_default,
        } => {
            (rule.destination == Token::DispVm && *by_default)
                || rule.destination.matches_disposable(template, system)
        }
    }
}

fn ask(rule: &Rule, request: &Request, target: Target) -> Verdict {
    let target = match target {
        Target::Qube(name) if name != request.source => Some(name),
        _ => None,
    };
    Verdict::Ask {
        target,
        autostart: rule.autostart,
    }
}

fn verdict(rule: &Rule, request: &Request, target: Target, system: &SystemInfo) -> Verdict {
    match rule.action {
        Action::Deny => return Verdict::Deny,
        Action::Ask => return ask(rule, request, target),
        Action::Allow => {}
    }
    let target = match &rule.target {
        Some(target) => match resolve(target, request.source, system) {
            Some(target) => target,
            None => return Verdict::Deny,
        },
        None => target,
    };
    let target = match target {
        Target::Default => return Verdict::Deny,
        Target::Qube(name) if name == request.source => return Verdict::Deny,
        Target::Qube(name) => name,
        Target::Disposable { template, .. } => format!("@dispvm:{template}"),
    };
    Verdict::Allow {
        target,
        autostart: rule.autostart,
        user: rule.user.clone(),
    }
}
