//! Finds a service and its settings in the folders that qrexec searches.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::call::{NO_SERVICE, NOT_EXECUTABLE, ServiceCall};

const FOLDERS: [&str; 3] = [
    "/run/qubes-rpc",
    "/usr/local/etc/qubes-rpc",
    "/etc/qubes-rpc",
];
const SETTINGS: [&str; 3] = [
    "/run/qubes/rpc-config",
    "/usr/local/etc/qubes/rpc-config",
    "/etc/qubes/rpc-config",
];
const LONGEST_NAME: usize = 255;

/// What a service is.
#[derive(Debug)]
pub(crate) enum Service {
    Executable(PathBuf),
    Socket(PathBuf, Settings),
}

/// The keys of rpc-config that matter to a socket service.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) skip_descriptor: bool,
    pub(crate) exit_on_client_eof: bool,
    pub(crate) exit_on_service_eof: bool,
}

/// Looks for `NAME+ARG`, then `NAME`; the error is the exit code.
pub(crate) fn find(call: &ServiceCall) -> Result<Service, i32> {
    if call.name.len() > LONGEST_NAME {
        return Err(NOT_EXECUTABLE);
    }
    let path = search(&FOLDERS, call).ok_or(NO_SERVICE)?;
    let Ok(metadata) = fs::metadata(&path) else {
        // A link to a socket whose daemon does not run.
        return Err(NOT_EXECUTABLE);
    };
    if metadata.file_type().is_socket() {
        return Ok(Service::Socket(path, settings(call)));
    }
    if metadata.is_file() && metadata.permissions().mode() & 0o111 != 0 {
        return Ok(Service::Executable(path));
    }
    Err(NOT_EXECUTABLE)
}

fn search(folders: &[&str], call: &ServiceCall) -> Option<PathBuf> {
    [call.full_name(), call.name.clone()]
        .iter()
        .filter(|name| name.len() <= LONGEST_NAME)
        .flat_map(|name| {
            folders
                .iter()
                .map(move |folder| Path::new(folder).join(name))
        })
        .find(|path| path.symlink_metadata().is_ok())
}

fn settings(call: &ServiceCall) -> Settings {
    let path = search(&SETTINGS, call);
    let text = path
        .and_then(|path| fs::read_to_string(path).ok())
        .unwrap_or_default();
    let is_set = |key: &str| {
        text.lines()
            .filter_map(|line| line.split_once('='))
            .any(|(name, value)| name.trim() == key && value.trim() == "true")
    };
    Settings {
        skip_descriptor: is_set("skip-service-descriptor"),
        exit_on_client_eof: is_set("exit-on-client-eof"),
        exit_on_service_eof: is_set("exit-on-service-eof"),
    }
}
