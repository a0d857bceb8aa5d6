//! Plans: from what was stored, what there is and what was chosen.

mod fit;

use super::*;
use crate::restore::choices::Instead;
use crate::restore::exists::Existing;
use crate::settings::sample::{property, sample, text, word};
use crate::settings::{Kind, Volume};

fn name(text: &str) -> QubeName {
    QubeName::parse(text).unwrap()
}

/// A qube of a class, with properties that name qubes.
fn stored(of: &str, class: &str, links: &[(&str, &str)]) -> Source {
    let mut settings = Settings {
        class: word(class),
        devices: BTreeSet::new(),
        ..sample()
    };
    settings.properties.clear();
    let label = property(Kind::Label, "red");
    settings.properties.insert(word("label"), label);
    for (link, value) in links {
        let value = property(Kind::Qube, value);
        settings.properties.insert(word(link), value);
    }
    Source {
        name: name(of),
        settings,
        volumes: Vec::new(),
    }
}

fn app(of: &str, links: &[(&str, &str)]) -> Source {
    let links = [&[("template", "debian")], links].concat();
    stored(of, "AppVM", &links)
}

fn exists(qubes: &[(&str, &str)]) -> Exists {
    let existing = |class: &str| Existing {
        class: class.to_owned(),
        halted: true,
        settings: Some(stored("x", class, &[]).settings),
    };
    let qubes = qubes.iter();
    Exists {
        qubes: qubes
            .map(|(of, class)| (name(of), existing(class)))
            .collect(),
        labels: ["red", "blue"].map(word).into(),
        pools: ["vm-pool", "ssd"].map(word).into(),
        kernels: Some(["6.12".to_owned()].into()),
        has_notes: true,
        default_template: Some(name("debian")),
        policy_tags: BTreeSet::new(),
    }
}

const DEBIAN: (&str, &str) = ("debian", "TemplateVM");

fn instead(text: &str) -> Vec<Instead> {
    vec![text.parse().unwrap()]
}

fn wanted<'a>(plan: &'a Plan, of: &str, property: &str) -> Option<&'a str> {
    let mut qubes = plan.qubes.iter();
    let qube = qubes.find(|qube| qube.source == name(of)).unwrap();
    qube.wanted.as_ref().unwrap().value(property)
}

fn why(plan: &Plan) -> String {
    plan.left_out
        .iter()
        .map(|(name, why)| format!("{name}: {why}\n"))
        .collect()
}

fn order(plan: &Plan) -> Vec<&str> {
    plan.qubes.iter().map(|qube| qube.target.as_str()).collect()
}

#[test]
fn templates_come_first_and_then_those_of_disposables() {
    let mut dvm = app("z-dvm", &[("netvm", "a")]);
    let flag = property(Kind::Flag, "True");
    dvm.settings
        .properties
        .insert(word("template_for_dispvms"), flag);
    let based = app("a", &[("default_dispvm", "z-dvm")]);
    let sources = vec![based, dvm, stored("debian", "TemplateVM", &[])];
    let plan = plan(sources, &exists(&[]), &Choices::default());
    assert_eq!(order(&plan), ["debian", "z-dvm", "a"]);
    assert_eq!(wanted(&plan, "a", "default_dispvm"), Some("z-dvm"));
    assert_eq!(why(&plan), "");
}

#[test]
fn a_name_that_is_taken_is_refused_skipped_renamed_or_replaced() {
    let there = exists(&[DEBIAN, ("work", "AppVM"), ("work-1", "AppVM")]);
    let with = |conflict| {
        let choices = Choices {
            conflict,
            ..Choices::default()
        };
        let sources = vec![app("work", &[]), app("other", &[("netvm", "work")])];
        plan(sources, &there, &choices)
    };
    let refused = with(Conflict::Refuse);
    assert_eq!(order(&refused), ["other"]);
    assert!(why(&refused).starts_with("work: a qube named work exists;"));
    let skipped = with(Conflict::Skip);
    assert_eq!(
        (order(&skipped), skipped.skipped.as_slice()),
        (vec!["other"], &[name("work")][..])
    );
    assert_eq!(wanted(&skipped, "other", "netvm"), Some("work"));
    let renamed = with(Conflict::Rename);
    assert_eq!(order(&renamed), ["other", "work-2"]);
    assert_eq!(wanted(&renamed, "other", "netvm"), Some("work-2"));
    assert!(!renamed.is_dangerous());
    let replaced = with(Conflict::Replace);
    assert_eq!(order(&replaced), ["other", "work"]);
    assert!(matches!(replaced.qubes[1].making, Making::Replace(_)) && replaced.is_dangerous());
}

#[test]
fn a_new_name_is_as_long_as_a_name_may_be() {
    let long = "a".repeat(31);
    let there = exists(&[DEBIAN, (&long, "AppVM")]);
    let choices = Choices {
        conflict: Conflict::Rename,
        ..Choices::default()
    };
    let made = plan(vec![app(&long, &[])], &there, &choices);
    assert_eq!(order(&made), [format!("{}-1", "a".repeat(29))]);
    let all: Vec<String> = (1..100).map(|number| format!("b-{number}")).collect();
    let mut taken = vec![DEBIAN, ("b", "AppVM")];
    taken.extend(all.iter().map(|name| (name.as_str(), "AppVM")));
    let none = plan(vec![app("b", &[])], &exists(&taken), &choices);
    assert!(why(&none).contains("99 others"), "{}", why(&none));
}

#[test]
fn what_runs_or_is_of_another_class_is_not_replaced() {
    let mut there = exists(&[DEBIAN, ("work", "AppVM"), ("own", "AppVM")]);
    there.qubes.get_mut(&name("work")).unwrap().halted = false;
    let choices = Choices {
        conflict: Conflict::Replace,
        ..Choices::default()
    };
    let sources = vec![app("work", &[]), stored("own", "StandaloneVM", &[])];
    let plan = plan(sources, &there, &choices);
    assert!(plan.qubes.is_empty());
    assert!(why(&plan).contains("work runs") && why(&plan).contains("own is no StandaloneVM"));
}

#[test]
fn a_missing_template_is_named_or_replaced() {
    let of = |choices: &Choices, there: &Exists| {
        let sources = vec![stored("work", "AppVM", &[("template", "fedora")])];
        plan(sources, there, choices)
    };
    let there = exists(&[DEBIAN]);
    let refused = of(&Choices::default(), &there);
    assert!(
        why(&refused).contains("template fedora does not exist"),
        "{}",
        why(&refused)
    );
    for choices in [
        Choices {
            ignore_missing: true,
            ..Choices::default()
        },
        Choices {
            templates: instead("fedora=debian"),
            ..Choices::default()
        },
        Choices {
            templates: instead("fedora=default"),
            ..Choices::default()
        },
    ] {
        let made = of(&choices, &there);
        assert_eq!(wanted(&made, "work", "template"), Some("debian"));
        assert_eq!(
            made.qubes[0].remarks,
            ["its template is debian, not fedora"]
        );
    }
    let choices = Choices {
        templates: instead("fedora=none"),
        ..Choices::default()
    };
    assert!(of(&choices, &there).qubes.is_empty());
}

#[test]
fn whoever_needs_what_is_left_out_is_left_out_too() {
    let there = exists(&[("debian", "TemplateVM"), ("fedora", "AppVM")]);
    let sources = vec![
        stored("fedora", "TemplateVM", &[]),
        stored("net", "AppVM", &[("template", "gone")]),
        app("firewall", &[("netvm", "net")]),
        app("work", &[("netvm", "firewall")]),
        app("vault", &[("netvm", "")]),
    ];
    let plan = plan(sources, &there, &Choices::default());
    assert_eq!(order(&plan), ["vault"]);
    let left: Vec<&str> = plan
        .left_out
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(left, ["fedora", "net", "firewall", "work"]);
}

#[test]
fn a_missing_net_qube_is_no_other_that_nobody_chose() {
    let with = |choices: Choices| {
        let sources = vec![app("work", &[("netvm", "sys-vpn")])];
        plan(sources, &exists(&[DEBIAN, ("sys-net", "AppVM")]), &choices)
    };
    let refused = with(Choices::default());
    assert!(why(&refused).contains("net qube sys-vpn does not exist"));
    let ignored = with(Choices {
        ignore_missing: true,
        ..Choices::default()
    });
    assert_eq!(wanted(&ignored, "work", "netvm"), Some(""));
    for (chosen, expected) in [
        ("sys-vpn=sys-net", Some("sys-net")),
        ("sys-vpn=none", Some("")),
        ("sys-vpn=default", None),
    ] {
        let made = with(Choices {
            netvms: instead(chosen),
            ..Choices::default()
        });
        assert_eq!(wanted(&made, "work", "netvm"), expected, "{chosen}");
        assert_eq!(made.qubes[0].remarks.len(), 1);
    }
    let gone = with(Choices {
        netvms: instead("sys-vpn=sys-gone"),
        ..Choices::default()
    });
    assert!(gone.qubes.is_empty());
    for text in ["a", "=b", "a=", "a=b=c", "none=a"] {
        assert!(text.parse::<Instead>().is_err(), "{text}");
    }
}

#[test]
fn what_else_is_missing_is_told() {
    let links = [
        ("default_dispvm", "gone"),
        ("guivm", "gone"),
        ("audiovm", "dom0"),
    ];
    let mut source = app("work", &links);
    let label = property(Kind::Label, "pink");
    source.settings.properties.insert(word("label"), label);
    source.settings.colour = None;
    source.settings.devices = sample().devices;
    let mut device = source.settings.devices.first().unwrap().clone();
    device.backend = word("sys-usb");
    source.settings.devices.insert(device);
    source.settings.tags.insert(word("qib-helper"));
    let plan = plan(vec![source], &exists(&[DEBIAN]), &Choices::default());
    assert_eq!(wanted(&plan, "work", "default_dispvm"), Some(""));
    assert_eq!(wanted(&plan, "work", "guivm"), None);
    assert_eq!(wanted(&plan, "work", "audiovm"), Some("dom0"));
    assert_eq!(wanted(&plan, "work", "label"), Some("red"));
    let qube = &plan.qubes[0];
    assert_eq!(qube.wanted.as_ref().unwrap().devices.len(), 1);
    assert_eq!(
        qube.remarks,
        [
            "its label is red, as there is no pink",
            "never restored: tag qib-helper",
            "it has no default_dispvm, as there is no gone",
            "its guivm is the default, as there is no gone",
            "not given the pci device sys-usb:00_1f.2",
        ]
    );
    assert!(plan.is_dangerous(), "it is given a PCI device");
}

#[test]
fn settings_or_data_alone() {
    let with = |scope| {
        let choices = Choices {
            scope,
            ..Choices::default()
        };
        plan(
            vec![app("work", &[("netvm", "gone")])],
            &exists(&[DEBIAN]),
            &choices,
        )
    };
    assert!(
        with(Scope::Settings).qubes.is_empty(),
        "its net qube is missing"
    );
    let data = with(Scope::Data);
    assert!(data.qubes[0].wanted.is_none());
    assert_eq!(
        data.qubes[0].remarks,
        ["it has no net qube, as its settings are not restored"]
    );
}

#[test]
fn other_classes_are_not_made() {
    let made = plan(
        vec![stored("disp1", "DispVM", &[("template", "debian")])],
        &exists(&[DEBIAN]),
        &Choices::default(),
    );
    assert!(why(&made).contains("no qube of class DispVM"));
}

#[test]
fn values_of_others_move_no_cursor_in_a_plan() {
    let mut source = app("work", &[]);
    let value = property(Kind::Text, "\x1b[2Jx");
    source.settings.properties.insert(word("kernelopts"), value);
    source.settings.notes = text("\x1b[31m");
    let plan = plan(vec![source], &exists(&[DEBIAN]), &Choices::default());
    assert!(
        plan.text()
            .contains("ATTENTION: property kernelopts is _[2Jx")
    );
    assert!(!plan.text().contains('\x1b'));
}
