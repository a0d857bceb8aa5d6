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
        matches!(config.place, PlaceConfig::Folder(folder) if folder.path == Path::new("/rw/qib"))
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
