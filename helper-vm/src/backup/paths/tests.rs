use super::*;
use proptest::prelude::*;
use qib_rpc::glob::Step;

fn globs(texts: &[&str]) -> Globs {
    let globs: Vec<Glob> = texts.iter().map(|text| text.parse().unwrap()).collect();
    globs.try_into().unwrap()
}

fn own(exclude: &[&str], include: &[&str]) -> PathRules {
    PathRules {
        exclude: globs(exclude),
        include: globs(include),
        obey_suggestions: false,
    }
}

/// The rule that leaves a path out, or a folder above it; a path with a slash at its end is a folder.
fn rule_of(path: &str, paths: &mut Paths) -> Option<Rule> {
    let mut position = Paths::ROOT;
    let mut names = path.trim_end_matches('/').split('/').peekable();
    while let Some(name) = names.next() {
        let is_folder = names.peek().is_some() || path.ends_with('/');
        if let Some(rule) = paths.rule(position, name.as_bytes(), is_folder) {
            return Some(rule);
        }
        position = paths.enter(position, name.as_bytes()).unwrap();
    }
    None
}

fn every_set() -> Rules {
    Rule::SETS.into_iter().fold(Rules::DEFAULT, Rules::with)
}

fn excluded(number: usize) -> Option<Rule> {
    GlobNumber::all().nth(number).map(Rule::Exclude)
}

#[test]
fn every_set_is_a_pattern_and_leaves_something_out() {
    for (rule, text) in sets::SETS {
        assert!(text.parse::<Glob>().is_ok(), "{text}");
        assert!(Rule::SETS.contains(&rule), "{text}");
        let path = text
            .replace("**/*", "x")
            .replace("/**", "/x")
            .replace('*', "y");
        let mut paths = Paths::new(every_set(), &own(&[], &[]), &Globs::default());
        assert!(rule_of(&path[1..], &mut paths).is_some(), "{text}");
    }
}

#[test]
fn folders_that_the_sets_name() {
    let mut paths = Paths::new(every_set(), &own(&[], &[]), &Globs::default());
    for (path, rule) in [
        ("home/user/.cache/x", Some(Rule::UserCache)),
        ("home/a b/.cache/x/", Some(Rule::UserCache)),
        ("home/user/.cache/", None),
        ("home/user/.local/share/Trash/files/", Some(Rule::Trash)),
        ("home/user/.thumbnails/x", Some(Rule::Thumbnails)),
        (
            "home/user/.mozilla/firefox/x.default/cache2/x",
            Some(Rule::BrowserCache),
        ),
        (
            "home/user/.config/chromium/Default/Code Cache/js/",
            Some(Rule::BrowserCache),
        ),
        (
            "home/user/.config/BraveSoftware/Brave-Browser/Default/Cache/x",
            Some(Rule::BrowserCache),
        ),
        ("home/user/src/a/target/", Some(Rule::BuildFolders)),
        ("home/user/src/a/target", None),
        ("home/user/src/.gradle/", Some(Rule::BuildFolders)),
        ("home/user/.gradle/gradle.properties", None),
        ("home/user/.gradle/caches/x", Some(Rule::PackageCaches)),
        (
            "home/user/.local/share/containers/storage/overlay-layers/x/",
            Some(Rule::ContainerLayers),
        ),
        ("home/user/.local/share/containers/storage/volumes/x/", None),
        (
            "bind-dirs/var/lib/docker/overlay2/x/",
            Some(Rule::ContainerLayers),
        ),
        ("home/user/VMs/a.qcow2", Some(Rule::MachineImages)),
        ("home/.cache/x", None),
        ("home/user/.cache2/x", None),
        ("home/user/x/.cache/x", None),
        ("home.bak/user/.cache/x", None),
        ("x/home/user/.cache/x", None),
        ("home/user/.config/chromium/Default/History", None),
    ] {
        assert_eq!(rule_of(path, &mut paths), rule, "{path}");
    }
}

#[test]
fn a_rule_that_does_not_hold_leaves_nothing_out() {
    let rules = Rules::DEFAULT.without(Rule::UserCache);
    let mut paths = Paths::new(rules, &own(&[], &[]), &Globs::default());
    assert_eq!(rule_of("home/user/.cache/x", &mut paths), None);
    assert_eq!(rule_of("home/user/src/target/", &mut paths), None);
    let trash = rule_of("home/user/.local/share/Trash/x", &mut paths);
    assert_eq!(trash, Some(Rule::Trash));
}

#[test]
fn the_first_pattern_counts_and_exceptions_come_before_all() {
    let exclude = [
        "*.iso",
        "home/user/VMs/**",
        "VMs/*.img",
        "/home/user/Down*/",
    ];
    let include = [
        "home/user/VMs/keep.img",
        "/home/user/.cache/mine/",
        "kept.iso",
    ];
    let mut paths = Paths::new(Rules::DEFAULT, &own(&exclude, &include), &Globs::default());
    for (path, rule) in [
        ("a.iso", excluded(0)),
        ("home/user/VMs/a.iso", excluded(0)),
        ("home/user/VMs/", None),
        ("home/user/VMs/a/b", excluded(1)),
        ("VMs/a.img", excluded(2)),
        ("x/VMs/a.img", None),
        ("home/user/VMs/keep.img", None),
        ("home/user/VMs/keep.img/all/of it.iso", None),
        ("home/user/Downloads/", excluded(3)),
        ("home/user/Downloads", None),
        ("home/user/.cache/mine/x.iso", None),
        ("home/user/.cache/mine", Some(Rule::UserCache)),
        ("home/user/.cache/other", Some(Rule::UserCache)),
        ("home/user/kept.iso", None),
        ("home/user/Downloads/kept.iso", excluded(3)),
    ] {
        assert_eq!(rule_of(path, &mut paths), rule, "{path}");
    }
}

#[test]
fn what_the_qube_suggests_counts_last_and_exceptions_hold_for_it() {
    let obeyed = globs(&["**", "*.iso"]);
    let mut paths = Paths::new(Rules::DEFAULT, &own(&["*.iso"], &["kept"]), &obeyed);
    for (path, rule) in [
        ("a.iso", excluded(0)),
        ("home/", Some(Rule::Suggested)),
        ("kept", None),
        ("kept/with all", None),
    ] {
        assert_eq!(rule_of(path, &mut paths), rule, "{path}");
    }
}

#[test]
fn deep_paths_stay_harmless() {
    let mut paths = Paths::new(every_set(), &own(&["a/**/b/**/c"], &[]), &Globs::default());
    let mut position = Paths::ROOT;
    for _ in 0..1000 {
        assert_eq!(paths.rule(position, b"home", true), None);
        position = paths.enter(position, b"home").unwrap();
    }
    assert!(paths.positions.len() < 10);
}

/// Each of many patterns is followed or not, as the names say: every folder stands in a way
/// of its own.
#[test]
fn a_volume_can_not_make_positions_without_end() {
    let texts: Vec<String> = (0..20).map(|n| format!("**/{n:02}*/**/never")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut paths = Paths::new(Rules::DEFAULT, &own(&texts, &[]), &Globs::default());
    let mut todo = vec![(Paths::ROOT, 0)];
    let mut refused = false;
    while let Some((position, from)) = todo.pop() {
        for number in from..20 {
            match paths.enter(position, format!("{number:02}").as_bytes()) {
                Ok(inside) => todo.push((inside, number + 1)),
                Err(Error::VolumeTooLarge(_)) => refused = true,
                Err(error) => panic!("{error}"),
            }
        }
        if refused {
            break;
        }
    }
    assert!(refused && paths.positions.len() == MAX_POSITIONS);
}

#[test]
fn stands_tell_positions_apart() {
    let mut paths = Paths::new(
        Rules::DEFAULT,
        &own(&["a/**/b"], &["kept"]),
        &Globs::default(),
    );
    let mut stand = |path: &[&str]| {
        let mut position = Paths::ROOT;
        for name in path {
            position = paths.enter(position, name.as_bytes()).unwrap();
        }
        paths.stand(position)
    };
    let stands = [
        stand(&[]),
        stand(&["a"]),
        stand(&["home"]),
        stand(&["home", "user"]),
        stand(&["kept"]),
    ];
    for (place, one) in stands.iter().enumerate() {
        assert!(
            *one < 1 << 30 && !stands[place + 1..].contains(one),
            "{stands:?}"
        );
    }
    assert_eq!(stand(&["a"]), stand(&["a", "x", "y"]));
    let none = Paths::new(
        Rules::try_from(0).unwrap(),
        &own(&[], &[]),
        &Globs::default(),
    );
    assert_eq!(none.stand(Paths::ROOT), 0);
}

/// What the page on rules says, word by word.
fn fits(steps: &[Step<'_>], path: &[&str]) -> bool {
    match (steps, path) {
        ([], _) => path.is_empty(),
        ([Step::Deep], _) => !path.is_empty(),
        ([Step::Deep, rest @ ..], _) => (0..=path.len()).any(|skip| fits(rest, &path[skip..])),
        ([Step::Name(name), rest @ ..], [first, more @ ..]) => {
            crate::name_pattern::matches(name.as_bytes(), first.as_bytes()) && fits(rest, more)
        }
        _ => false,
    }
}

fn said(path: &[&str], own: &PathRules) -> Option<usize> {
    for length in 1..=path.len() {
        let folder = length < path.len();
        let hit = |glob: &Glob| {
            let steps: Vec<Step<'_>> = glob.steps().collect();
            (folder || !glob.folders_only()) && fits(&steps, &path[..length])
        };
        if own.include.items().iter().any(hit) {
            return None;
        }
        if let Some(number) = own.exclude.items().iter().position(hit) {
            return Some(number);
        }
    }
    None
}

proptest! {
    #[test]
    fn the_walk_decides_as_the_words_say(
        exclude in proptest::collection::vec("/?((a|b|\\*|\\*\\*|a\\*|\\?)/){0,3}(a|b|\\*\\*|\\*b)/?", 0..4),
        include in proptest::collection::vec("/?((a|b|\\*|\\*\\*)/){0,2}(a|b|ab)/?", 0..3),
        path in proptest::collection::vec("[ab]{1,2}", 1..6),
    ) {
        let texts = |texts: &[String]| -> Globs {
            let globs: Vec<Glob> = texts.iter().filter_map(|text| text.parse().ok()).collect();
            globs.try_into().unwrap()
        };
        let own = PathRules { exclude: texts(&exclude), include: texts(&include), obey_suggestions: false };
        let mut paths = Paths::new(Rules::try_from(0).unwrap(), &own, &Globs::default());
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let expected = said(&names, &own).and_then(excluded);
        prop_assert_eq!(rule_of(&path.join("/"), &mut paths), expected);
    }
}
