//! Paths in a place, those of a folder, and what lies there.

use super::Remote;
use super::trouble::trouble;
use crate::backend::Trouble;
use crate::layout;
use crate::spot::Spot;
use opendal::ErrorKind;
use qib_rpc::message::forget::ListedObject;
use qib_rpc::object::ObjectName;

/// The path of a folder; a slash ends it.
pub fn folder(names: &[String]) -> String {
    let mut path = names.join("/");
    path.push('/');
    path
}

/// The path of a file in a folder.
pub fn file(names: &[String], name: &str) -> String {
    let mut path = folder(names);
    path.push_str(name);
    path
}

/// The path of an object.
pub fn object(spot: &Spot) -> String {
    file(&layout::folders(spot), &spot.name.to_string())
}

/// The objects in one folder, none where there is no folder.
pub fn objects(remote: &Remote, names: &[String]) -> Result<Vec<ListedObject>, Trouble> {
    let mut objects = Vec::new();
    for (untrusted_name, length) in entries(remote, names)? {
        let Some(name) = ObjectName::parse(&untrusted_name) else {
            continue;
        };
        let bytes = match length {
            Some(bytes) => bytes,
            None => remote.length(&file(names, &untrusted_name))?,
        };
        objects.push(ListedObject { name, bytes });
    }
    Ok(objects)
}

/// The names of the folders in a folder that are ours.
pub fn folders(
    remote: &Remote,
    names: &[String],
    ours: fn(&str) -> bool,
) -> Result<Vec<String>, Trouble> {
    let all = entries(remote, names)?.into_iter();
    let folders = all.filter_map(|(name, _)| name.strip_suffix('/').map(str::to_owned));
    Ok(folders.filter(|name| ours(name)).collect())
}

/// What lies in a folder: names, with a slash at the end of a folder's, and lengths where the
/// place tells them beside the names.
pub fn entries(remote: &Remote, names: &[String]) -> Result<Vec<(String, Option<u64>)>, Trouble> {
    let path = match names {
        [] => "/".to_owned(),
        names => folder(names),
    };
    match remote.store.list(&path) {
        Ok(entries) => Ok(entries
            .iter()
            .map(|entry| {
                let length = entry.metadata().content_length();
                (entry.name().to_owned(), (length > 0).then_some(length))
            })
            .collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(trouble(error)),
    }
}
