//! The shipped policy, evaluated over the lines that a Qubes machine has anyway.
use std::collections::BTreeSet;
use std::path::Path;

use qib_lab::policy::{Domain, Request, Rule, SystemInfo, Verdict, decide_by, parse};

const QIB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../policy/10-qib.policy");

fn rules() -> Vec<Rule> {
    let mut rules = parse(&std::fs::read_to_string(Path::new(QIB)).unwrap()).unwrap();
    rules.extend(parse(include_str!("../src/90-default.policy")).unwrap());
    rules
}

fn domain(class: &str, tags: &[&str]) -> Domain {
    Domain {
        class: class.to_owned(),
        tags: tags
            .iter()
            .map(ToString::to_string)
            .collect::<BTreeSet<_>>(),
        ..Domain::default()
    }
}

fn system() -> SystemInfo {
    let mut dvm = domain("AppVM", &[]);
    dvm.template_for_dispvms = true;
    let mut work = domain("AppVM", &[]);
    work.default_dispvm = Some("dvm".to_owned());
    let mut careless = domain("DispVM", &["qib-confined"]);
    careless.default_dispvm = Some("dvm".to_owned());
    let named = [
        ("dom0", domain("AdminVM", &[])),
        ("dvm", dvm),
        ("work", work),
        ("storage", domain("AppVM", &["qib-storage"])),
        ("usb", domain("AppVM", &["qib-storage-2"])),
        (
            "of-usb",
            domain("DispVM", &["qib-confined", "qib-helper-2"]),
        ),
        ("helper", domain("DispVM", &["qib-confined", "qib-helper"])),
        ("ended", domain("DispVM", &["qib-confined"])),
        (
            "handing",
            domain("DispVM", &["qib-confined", "qib-helper", "qib-handout"]),
        ),
        ("careless", careless),
    ];
    named.map(|(name, domain)| (name.to_owned(), domain)).into()
}

fn decide(service: &str, source: &str, target: &str) -> Verdict {
    let request = Request {
        service,
        argument: "00",
        source,
        target,
    };
    decide_by(&rules(), &system(), &request)
}

fn goes_to(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::Allow { target, .. } => Some(target),
        _ => None,
    }
}

#[test]
fn a_helper_stores_and_does_nothing_else() {
    for service in ["qib.Put", "qib.Get"] {
        assert_eq!(
            goes_to(&decide(service, "helper", "storage")),
            Some("storage")
        );
        for target in ["work", "dom0", "@default", "@dispvm", "ended"] {
            assert_eq!(
                decide(service, "helper", target),
                Verdict::Deny,
                "{service} {target}"
            );
        }
    }
    let others = [
        "qubes.Filecopy",
        "qubes.VMShell",
        "qubes.OpenURL",
        "qubes.GetDate",
        "admin.vm.List",
    ];
    for source in ["helper", "ended", "careless"] {
        for service in others {
            for target in [
                "work",
                "dom0",
                "@default",
                "@dispvm",
                "@dispvm:dvm",
                "storage",
            ] {
                assert_eq!(
                    decide(service, source, target),
                    Verdict::Deny,
                    "{service} {target}"
                );
            }
        }
    }
}

#[test]
fn a_helper_that_hands_files_out_asks_and_does_nothing_else() {
    let asks = |target: Option<&str>| Verdict::Ask {
        target: target.map(str::to_owned),
        autostart: true,
    };
    assert_eq!(
        decide("qubes.Filecopy", "handing", "work"),
        asks(Some("work"))
    );
    assert_eq!(decide("qubes.Filecopy", "handing", "@default"), asks(None));
    // Never into a helper, nor into dom0, whatever is agreed to.
    for target in ["helper", "ended", "dom0"] {
        assert_eq!(decide("qubes.Filecopy", "handing", target), Verdict::Deny);
    }
    for service in ["qubes.VMShell", "qubes.OpenURL", "admin.vm.List"] {
        for target in ["work", "dom0", "@default", "@dispvm:dvm"] {
            assert_eq!(decide(service, "handing", target), Verdict::Deny);
        }
    }
}

#[test]
fn a_confined_qube_without_the_right_stores_nothing() {
    for source in ["ended", "careless", "work", "storage"] {
        assert_eq!(
            decide("qib.Put", source, "storage"),
            Verdict::Deny,
            "{source}"
        );
    }
}

#[test]
fn a_helper_reaches_the_storage_qube_of_its_lane_alone() {
    for service in ["qib.Put", "qib.Get"] {
        for (source, there, elsewhere) in
            [("helper", "storage", "usb"), ("of-usb", "usb", "storage")]
        {
            assert_eq!(goes_to(&decide(service, source, there)), Some(there));
            assert_eq!(decide(service, source, elsewhere), Verdict::Deny);
        }
    }
}

#[test]
fn nobody_calls_into_a_helper() {
    for service in [
        "qubes.Filecopy",
        "qubes.VMShell",
        "qib.Backup",
        "qib.KeyOpen",
        "qib.KeyRecover",
    ] {
        assert_eq!(
            decide(service, "work", "helper"),
            Verdict::Deny,
            "{service}"
        );
        assert_eq!(
            decide(service, "storage", "ended"),
            Verdict::Deny,
            "{service}"
        );
    }
}

#[test]
fn what_only_dom0_calls_is_denied_to_every_qube() {
    let services = [
        "qib.Permit",
        "qib.Records",
        "qib.Forget",
        "qib.Scrub",
        "qib.Backup",
        "qib.Restore",
        "qib.Verify",
        "qib.Browse",
        "qib.KeyInit",
        "qib.KeyQube",
        "qib.KeyOpen",
        "qib.KeyRecover",
        "qib.HelperVersion",
        "qib.StorageVersion",
    ];
    for service in services {
        for source in ["helper", "work", "storage"] {
            for target in ["storage", "helper", "work", "dom0", "@default"] {
                assert_eq!(decide(service, source, target), Verdict::Deny);
            }
        }
    }
}

#[test]
fn the_dangerous_defaults_do_hold_for_other_qubes() {
    assert_eq!(
        goes_to(&decide("qubes.VMShell", "work", "@dispvm")),
        Some("@dispvm:dvm")
    );
    assert_eq!(
        decide("qubes.VMShell", "work", "@dispvm:dvm"),
        Verdict::Deny
    );
    let asks = |target: Option<&str>| Verdict::Ask {
        target: target.map(str::to_owned),
        autostart: true,
    };
    assert_eq!(
        decide("qubes.Filecopy", "work", "storage"),
        asks(Some("storage"))
    );
    assert_eq!(decide("qubes.Filecopy", "work", "@default"), asks(None));
    assert_eq!(
        goes_to(&decide("qubes.GetDate", "work", "storage")),
        Some("dom0")
    );
}

fn one_rule(rule: &str, argument: &str, source: &str, target: &str) -> Verdict {
    let request = Request {
        service: "s.S",
        argument,
        source,
        target,
    };
    decide_by(&parse(rule).unwrap(), &system(), &request)
}

#[test]
fn words_of_a_rule() {
    let allowed = [
        ("s.S +x work storage allow", "x", "work", "storage"),
        ("s.S + work storage allow", "", "work", "storage"),
        ("* * @anyvm @adminvm allow", "", "work", "dom0"),
        (
            "* * @type:DispVM @tag:qib-storage allow",
            "",
            "helper",
            "storage",
        ),
        (
            "s.S * work @default allow target=storage",
            "",
            "work",
            "nowhere",
        ),
        ("s.S * work @dispvm:dvm allow", "", "work", "@dispvm"),
        (
            "s.S * @anyvm @anyvm allow autostart=no notify=yes user=root",
            "y",
            "work",
            "storage",
        ),
    ];
    for (rule, argument, source, target) in allowed {
        assert!(
            goes_to(&one_rule(rule, argument, source, target)).is_some(),
            "{rule}"
        );
    }
    let denied = [
        ("s.S +x work storage allow", "y", "work", "storage"),
        ("s.S + work storage allow", "x", "work", "storage"),
        ("* * @anyvm @anyvm allow", "", "dom0", "work"),
        ("* * @anyvm @anyvm allow", "", "work", "dom0"),
        ("* * @anyvm @anyvm allow", "", "work", "work"),
        ("* * @anyvm @anyvm allow", "", "work", "@default"),
        ("* * @anyvm @anyvm allow", "", "stranger", "work"),
        (
            "s.S * work storage deny\ns.S * work storage allow",
            "",
            "work",
            "storage",
        ),
    ];
    for (rule, argument, source, target) in denied {
        assert_eq!(
            one_rule(rule, argument, source, target),
            Verdict::Deny,
            "{rule}"
        );
    }
}

#[test]
fn lines_that_cannot_be_read() {
    let broken = [
        "s.S * work storage",
        "s.S x work storage allow",
        "* +x work storage allow",
        "s.S * work storage perhaps",
        "s.S * work storage allow # because",
        "s.S * @default storage allow",
        "s.S * work @default allow",
        "s.S * work storage deny target=work",
        "s.S * @tag: storage allow",
        "s.S * @nonsense storage allow",
        "s.S * work storage allow notify=perhaps",
    ];
    for line in broken {
        assert!(parse(line).is_err(), "{line}");
    }
}
