use super::*;
use std::os::unix::fs::PermissionsExt;

fn read(text: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("storage.toml");
    fs::write(&path, text).unwrap();
    Config::read(&path)
}

#[test]
fn the_example_that_is_shipped_is_a_folder() {
    let text = include_str!("../../../packaging/storage.toml");
    let config = read(text).unwrap();
    assert!(
        matches!(config.unnamed.place, PlaceConfig::Folder(folder) if folder.path == Path::new("/rw/qib"))
    );
    // Each place that it shows can be switched on by taking its marks away.
    let mut shown = 0;
    for part in text
        .split("\n\n")
        .filter(|part| part.contains("\n#[place]"))
    {
        let lines = part.lines().filter_map(|line| line.strip_prefix('#'));
        let lines: Vec<&str> = lines.filter(|line| !line.starts_with(' ')).collect();
        read(&lines.join("\n")).unwrap_or_else(|error| panic!("{part}: {error}"));
        shown += 1;
    }
    assert_eq!(shown, 7);
}

#[test]
fn a_slip_of_the_pen_is_named() {
    for (text, word) in [
        (
            "[place]\ntype = \"folder\"\npath = \"/x\"\npaht = \"/y\"",
            "paht",
        ),
        ("[place]\ntype = \"fodler\"\npath = \"/x\"", "fodler"),
        ("[place]\ntype = \"s3\"", "bucket"),
        ("[plaice]\ntype = \"folder\"", "plaice"),
        ("", "place"),
        (
            "[place]\ntype = \"folder\"\npath = \"/x\"\n[transfer]\nretires = 3",
            "retires",
        ),
        (
            "[place]\ntype = \"folder\"\npath = \"/x\"\n[transfer]\nmax_bytes_per_second = 0",
            "limit of 0",
        ),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(word), "{text}: {error}");
    }
}

#[test]
fn a_secret_that_others_can_read_is_refused_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, "hush\n").unwrap();
    let file: SecretFile = toml::Value::from(path.to_str().unwrap())
        .try_into()
        .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = file.read().unwrap_err().to_string();
    assert!(error.contains("chmod 600"), "{error}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let secret = file.read().unwrap();
    assert_eq!(secret.reveal(), "hush");
    assert!(!format!("{secret:?}").contains("hush"));
}

#[test]
fn places_with_names_have_ways_of_their_own() {
    let text = "[place]\ntype = \"folder\"\npath = \"/rw/qib\"\n\
                [named.usb.place]\ntype = \"folder\"\npath = \"/mnt/usb/qib\"\nmounted = \"/mnt/usb\"\n\
                [named.cloud.place]\ntype = \"b2\"\nbucket = \"b\"\nbucket_id = \"i\"\n\
                application_key_id = \"k\"\napplication_key_file = \"/k\"\n\
                [named.cloud.transfer]\nretries = 2\n";
    let config = Config::parse(text).unwrap();
    let names = config.sites().map(|(name, _)| name.map(PlaceName::as_str));
    assert_eq!(
        names.collect::<Vec<_>>(),
        [None, Some("cloud"), Some("usb")]
    );
    let retries = config.sites().map(|(_, site)| site.transfer.retries);
    assert_eq!(retries.collect::<Vec<_>>(), [8, 2, 8]);
    for (name, word) in [
        ("NAS", "small letter"),
        ("\"a b\"", "small letter"),
        ("a.b", "b"),
    ] {
        let error = Config::parse(&text.replace("cloud", name)).unwrap_err();
        assert!(error.contains(word), "{name}: {error}");
    }
    let stuck = text.replace("retries = 2", "requests_at_once = 0");
    assert!(Config::parse(&stuck).unwrap_err().contains("limit of 0"));
}

#[test]
fn a_folder_whose_disk_is_not_mounted_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let at = |mounted: &Path, path: &Path| {
        let config = FolderConfig {
            path: path.to_owned(),
            mounted: Some(mounted.to_owned()),
        };
        config.find_mounted().map_err(|error| error.to_string())
    };
    let inside = folder.path().join("qib");
    let error = at(folder.path(), &inside).unwrap_err();
    assert!(error.contains("nothing is mounted at"), "{error}");
    let nowhere = folder.path().join("nowhere");
    assert!(at(&nowhere, &nowhere).is_err());
    assert_eq!(at(Path::new("/proc"), Path::new("/proc/qib")), Ok(()));
    let error = at(Path::new("/proc"), &inside).unwrap_err();
    assert!(error.contains("does not lie below"), "{error}");
}
