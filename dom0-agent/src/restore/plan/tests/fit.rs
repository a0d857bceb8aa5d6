//! Pools, labels, and what a request to qubesd can hold.

use super::*;

/// The one qube of the plan of this one alone.
fn planned(source: Source, exists: &Exists, choices: &Choices) -> QubePlan {
    let mut plan = plan(vec![source], exists, choices);
    assert_eq!(why(&plan), "");
    plan.qubes.pop().unwrap()
}

fn pools(plan: &QubePlan) -> String {
    let Making::New { pools, .. } = &plan.making else {
        return String::new();
    };
    let pools = pools.iter();
    pools
        .map(|(volume, pool)| format!("{volume} {pool}\n"))
        .collect()
}

#[test]
fn a_new_qube_lies_in_the_pools_that_it_had_as_far_as_they_are_there() {
    let there = exists(&[DEBIAN]);
    let one = planned(app("work", &[]), &there, &Choices::default());
    assert_eq!(pools(&one), "private vm-pool\n");
    let mut moved = app("work", &[]);
    let private = moved.settings.volumes[&word("private")].clone();
    let other = |pool| Volume {
        pool: word(pool),
        ..private.clone()
    };
    moved
        .settings
        .volumes
        .insert(word("private"), other("gone"));
    let volatile = Volume {
        own: None,
        ..other("ssd")
    };
    moved.settings.volumes.insert(word("volatile"), volatile);
    let choose = |pool: &str| Choices {
        pools: vec![pool.parse().unwrap()],
        ..Choices::default()
    };
    let one = planned(moved, &there, &choose("ssd=vm-pool"));
    assert_eq!(pools(&one), "volatile vm-pool\n");
    let told = [
        "its private volume lies in the default pool, as there is no gone",
        "its volatile volume lies in pool vm-pool, not ssd",
    ];
    assert_eq!(one.remarks, told);
    let refused = plan(vec![app("work", &[])], &there, &choose("vm-pool=none"));
    assert_eq!(
        why(&refused),
        "work: there is no pool none; see 'qvm-pool'\n"
    );
    assert!(
        "vm-pool"
            .parse::<crate::restore::choices::InsteadPool>()
            .is_err()
    );
}

#[test]
fn a_label_that_is_not_there_is_made_or_becomes_red() {
    let there = exists(&[DEBIAN]);
    let mut source = app("work", &[]);
    let mine = property(Kind::Label, "mine");
    source.settings.properties.insert(word("label"), mine);
    let mut without = app("old", &[]);
    without.settings = source.settings.clone();
    without.settings.colour = None;
    let one = planned(source, &there, &Choices::default());
    let colour = Colour::parse("0xcc0000").unwrap();
    assert_eq!(one.new_label, Some((word("mine"), colour)));
    assert_eq!(
        one.remarks,
        ["its label mine is made, with the colour 0xcc0000"]
    );
    assert_eq!(one.wanted.unwrap().value("label"), Some("mine"));
    let one = planned(without, &there, &Choices::default());
    assert_eq!(one.new_label, None);
    assert_eq!(one.remarks, ["its label is red, as there is no mine"]);
    assert_eq!(one.wanted.unwrap().value("label"), Some("red"));
}

#[test]
fn what_this_qubesd_does_not_take_is_told_before() {
    let there = exists(&[DEBIAN]);
    let mut source = app("work", &[]);
    source.settings.notes = text(&"x".repeat(65_502));
    let long = text(&"y".repeat(65_536));
    source.settings.features.insert(word("long"), long);
    let kernel = property(Kind::Text, "5.10");
    source.settings.properties.insert(word("kernel"), kernel);
    let one = planned(source, &there, &Choices::default());
    let told = [
        "its kernel is the default, as there is no 5.10",
        "its notes are not restored: its 65,502 bytes are more than qubesd takes at once",
        "its feature long is not restored: its 65,536 bytes are more than qubesd takes at once",
    ];
    assert_eq!(one.remarks, told);
    let wanted = one.wanted.unwrap();
    assert_eq!((wanted.notes, wanted.features.len()), (text(""), 2));
    assert_eq!(wanted.properties.get("kernel"), None);

    let mut fits = app("work", &[]);
    fits.settings.notes = text(&"x".repeat(65_501));
    assert_eq!(planned(fits, &there, &Choices::default()).remarks, [""; 0]);
    let older = Exists {
        has_notes: false,
        ..exists(&[DEBIAN])
    };
    let one = planned(app("work", &[]), &older, &Choices::default());
    assert_eq!(
        one.remarks,
        ["its notes are not restored: this release of Qubes has none"]
    );

    let mut walled = app("work", &[]);
    walled.settings.firewall = vec![text(&"z".repeat(65_500))];
    let refused = plan(vec![walled], &there, &Choices::default());
    assert!(
        why(&refused).contains("the rules of its firewall are 65501 bytes"),
        "{}",
        why(&refused)
    );
}
