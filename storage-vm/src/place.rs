//! From a configuration to a place.

use crate::backend::Backend;
use crate::config::{ConfigError, FolderConfig, PlaceConfig, Site, Way};
use crate::folder::Folder;
use crate::rclone;
use crate::remote::{Remote, Room};
use opendal::Operator;
use opendal::services::Fs;
use std::sync::Arc;

/// Where objects are kept if nobody says anything.
pub const DEFAULT_FOLDER: &str = "/rw/qib";

/// Opens a place.
///
/// # Errors
/// [`ConfigError`] says why it can not be used.
pub fn open(site: &Site, room: &Arc<Room>) -> Result<Box<dyn Backend>, ConfigError> {
    match &site.place {
        PlaceConfig::Folder(folder) => open_folder(folder),
        place => {
            let (operator, way) = reached(place)?;
            Ok(Box::new(Remote::open(
                operator,
                way,
                &site.transfer,
                Arc::clone(room),
            )?))
        }
    }
}

fn open_folder(config: &FolderConfig) -> Result<Box<dyn Backend>, ConfigError> {
    config.find_mounted()?;
    let folder = Folder::open(&config.path).map_err(|error| {
        let why = format!("{}: {error}", config.path.display());
        ConfigError::Place(why)
    })?;
    Ok(Box::new(folder))
}

/// What speaks to a place; to a folder as well, for one who looks whether it works.
///
/// # Errors
/// [`ConfigError`] says why nothing can.
pub fn reached(place: &PlaceConfig) -> Result<(Operator, Way), ConfigError> {
    if !matches!(place, PlaceConfig::Folder(_) | PlaceConfig::Sftp(_)) {
        speak_http()?;
    }
    match place {
        PlaceConfig::Folder(folder) => {
            let fs = Fs::default().root(&folder.path.to_string_lossy());
            let operator = Operator::new(fs);
            let operator = operator.map_err(|error| ConfigError::Place(error.to_string()))?;
            Ok((operator, Way::Rename))
        }
        PlaceConfig::Rclone(config) => Ok((rclone::start(config)?, Way::Rename)),
        PlaceConfig::Sftp(sftp) => Ok((sftp.operator()?, Way::Rename)),
        PlaceConfig::Webdav(webdav) => Ok((webdav.operator()?, Way::Rename)),
        PlaceConfig::S3(s3) => Ok((s3.operator()?, Way::Put)),
        PlaceConfig::Azblob(azblob) => Ok((azblob.operator()?, Way::Put)),
        PlaceConfig::Gcs(gcs) => Ok((gcs.operator()?, Way::Put)),
        PlaceConfig::B2(b2) => Ok((b2.operator()?, Way::Put)),
    }
}

/// What speaks HTTP must be named, and panics on a system that knows whom to trust by nothing.
fn speak_http() -> Result<(), ConfigError> {
    if rustls_native_certs::load_native_certs().certs.is_empty() {
        let why = "there are no certificates of authorities: install ca-certificates";
        return Err(ConfigError::Place(why.to_owned()));
    }
    opendal::install_default();
    Ok(())
}
