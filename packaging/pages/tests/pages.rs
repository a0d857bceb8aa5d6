//! What is written about the programs is what they say of themselves.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use clap::Command;
use qib::ended::Ended;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process;

/// Man pages and completions, as packages have them.
fn written() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    qib_pages::write_manual(&folder.path().join("man")).unwrap();
    qib_pages::write_completions(&folder.path().join("completions")).unwrap();
    folder
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

/// The page with roff's marks taken out of its words.
fn page(folder: &Path, name: &str) -> String {
    text(folder, &format!("man/{name}"))
        .replace(r"\*(Aq", "'")
        .replace('\\', "")
}

fn holds_every_option(page: &str, command: &Command) {
    for argument in command.get_arguments() {
        if let Some(long) = argument.get_long() {
            assert!(page.contains(&format!("--{long}")), "--{long} in {page}");
        }
    }
}

#[test]
fn every_command_has_a_man_page_with_every_option() {
    let written = written();
    let qib = qib_pages::qib();
    let mut expected =
        BTreeSet::from(["qib.1", "qib-helper.8", "qib-storage.8"].map(str::to_owned));
    for command in qib.get_subcommands() {
        let name = format!("qib-{}.1", command.get_name());
        let page = page(written.path(), &name);
        assert!(page.contains(&command.get_about().unwrap().to_string()));
        holds_every_option(&page, command);
        expected.insert(name);
    }
    let found = fs::read_dir(written.path().join("man")).unwrap();
    let found = found.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(found.collect::<BTreeSet<_>>(), expected);
    holds_every_option(
        &page(written.path(), "qib-storage.8"),
        &qib_pages::storage(),
    );
    let helper = page(written.path(), "qib-helper.8");
    for command in qib_pages::helper().get_subcommands() {
        assert!(helper.contains(command.get_name()), "{helper}");
    }
}

#[test]
fn man_pages_are_read_without_a_warning() {
    let written = written();
    for entry in fs::read_dir(written.path().join("man")).unwrap() {
        let path = entry.unwrap().path();
        let mut groff = process::Command::new("groff");
        let output = groff.args(["-man", "-Tutf8", "-ww"]).arg(&path).output();
        let output = output.expect("groff, of groff-base, reads man pages");
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
    }
}

#[test]
fn completions_are_scripts_of_their_shells_and_know_every_command() {
    let written = written();
    for (shell, name) in [
        ("bash", "bash/qib"),
        ("zsh", "zsh/_qib"),
        ("fish", "fish/qib.fish"),
    ] {
        let name = format!("completions/{name}");
        let script = text(written.path(), &name);
        for command in qib_pages::qib().get_subcommands() {
            assert!(script.contains(command.get_name()), "{name}");
        }
        let path = written.path().join(&name);
        let output = process::Command::new(shell).arg("-n").arg(path).output();
        let output = output.unwrap_or_else(|_| panic!("{shell} is needed"));
        assert!(output.status.success(), "{name}: {output:?}");
    }
}

/// zsh takes what follows a colon for what to do; names of values are written as they are.
#[test]
fn no_value_has_a_name_that_zsh_would_run() {
    fn look(command: &Command) {
        for argument in command.get_arguments() {
            for name in argument.get_value_names().unwrap_or_default() {
                let named = (command.get_name(), name.as_str());
                assert!(!name.contains([':', '\'', '[', ']']), "{named:?}");
            }
        }
        command.get_subcommands().for_each(look);
    }
    look(&qib_pages::qib());
}

#[test]
fn bash_completes_a_command() {
    let written = written();
    let script = written.path().join("completions/bash/qib");
    let ask = "source \"$0\"; COMP_WORDS=(qib bac); COMP_CWORD=1; _qib qib bac qib; \
               echo ${COMPREPLY[@]}";
    let mut bash = process::Command::new("bash");
    let output = bash.args(["-c", ask]).arg(script).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "backup\n");
}

#[test]
fn the_exit_codes_are_the_same_in_the_help_the_man_page_and_the_docs() {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let help = one_line(&qib_pages::qib().render_long_help().to_string());
    let manual = one_line(&page(written().path(), "qib.1"));
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/exit-codes.md");
    let docs = fs::read_to_string(docs).unwrap();
    let rows = docs.lines().filter(|line| line.starts_with("| "));
    let rows: Vec<&str> = rows.skip(1).collect();
    let row = |ended: Ended| format!("| {} | {} |", ended.code(), ended.meaning());
    assert_eq!(rows, Ended::ALL.map(row));
    for ended in Ended::ALL {
        let line = format!(" {} {}", ended.code(), ended.meaning());
        assert!(help.contains(&line), "{line} in {help}");
        assert!(manual.contains(&line), "{line} in {manual}");
    }
}
