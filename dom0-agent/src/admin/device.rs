//! dom0's block devices and which qube has them: Qubes 4.3 has other words for it than 4.2.

use crate::admin::call::{Result, bad};
use crate::admin::{call, reply};
use qib_rpc::name::QubeName;

/// A device of dom0's, as a qube is to have it.
#[derive(Clone, Copy, Debug)]
pub struct Attachment<'a> {
    /// Its name in dom0, such as `loop12`.
    pub device: &'a str,
    /// Its name in the qube, such as `xvdi`.
    pub frontend: &'a str,
    /// The qube may not write to it.
    pub read_only: bool,
}

/// True when dom0 offers the device.
///
/// # Errors
/// [`AdminError`](crate::admin::AdminError) says why.
pub fn is_available(device: &str) -> Result<bool> {
    Ok(!call("admin.vm.device.block.Available", device, "dom0", b"")?.is_empty())
}

/// Gives a running qube a device. That qubesd says yes does not mean that it has it.
///
/// # Errors
/// [`AdminError`](crate::admin::AdminError) says why.
pub fn attach(qube: &QubeName, attachment: Attachment<'_>) -> Result<()> {
    let options = Words::for_qube(qube)?.options(attachment);
    let argument = format!("dom0+{}", attachment.device);
    let method = "admin.vm.device.block.Attach";
    call(method, &argument, qube.as_str(), options.as_bytes()).map(drop)
}

/// True when a qube has the device, in the way that was asked for.
///
/// # Errors
/// [`AdminError`](crate::admin::AdminError) says why.
pub fn is_attached(qube: &QubeName, attachment: Attachment<'_>) -> Result<bool> {
    let words = Words::for_qube(qube)?;
    let answer = call(words.list(), "", qube.as_str(), b"")?;
    let lines = String::from_utf8(answer).map_err(|_| bad(words.list()))?;
    Ok(words.tell(&lines, attachment))
}

/// The words of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Up to 4.2.
    Qubes42,
    /// From 4.3 on.
    Qubes43,
}

impl Words {
    /// Those of this machine: from 4.3 on it tells the uuid of a qube.
    pub(super) fn for_qube(qube: &QubeName) -> Result<Self> {
        const METHOD: &str = "admin.vm.List";
        let list = call(METHOD, "", qube.as_str(), b"")?;
        let list = reply::qubes(&list).ok_or_else(|| bad(METHOD))?;
        let first = list.first().ok_or_else(|| bad(METHOD))?;
        Ok(match first.uuid {
            None => Self::Qubes42,
            Some(_) => Self::Qubes43,
        })
    }

    /// The method that lists what a qube has.
    fn list(self) -> &'static str {
        match self {
            Self::Qubes42 => "admin.vm.device.block.List",
            Self::Qubes43 => "admin.vm.device.block.Attached",
        }
    }

    fn options(self, attachment: Attachment<'_>) -> String {
        let frontend = attachment.frontend;
        let read_only = yes_or_no(attachment.read_only);
        match self {
            Self::Qubes42 => format!("read-only={read_only} frontend-dev={frontend}"),
            Self::Qubes43 => format!("_read-only='{read_only}' _frontend-dev='{frontend}'"),
        }
    }

    /// True when one of these lines is about the attachment.
    pub fn tell(self, lines: &str, attachment: Attachment<'_>) -> bool {
        let Attachment {
            device, frontend, ..
        } = attachment;
        let read_only = yes_or_no(attachment.read_only);
        let expected = match self {
            Self::Qubes42 => vec![
                format!("dom0+{device}"),
                format!("read-only={read_only}"),
                format!("frontend-dev={frontend}"),
            ],
            Self::Qubes43 => vec![
                "backend_domain='dom0'".to_owned(),
                format!("port_id='{device}'"),
                format!("_read-only='{read_only}'"),
                format!("_frontend-dev='{frontend}'"),
            ],
        };
        let is_it = |line: &str| {
            let has = |word: &String| line.split(' ').any(|found| found == word);
            expected.iter().all(has)
        };
        lines.lines().any(is_it)
    }
}

fn yes_or_no(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOP12: Attachment<'_> = Attachment {
        device: "loop12",
        frontend: "xvdi",
        read_only: true,
    };

    #[test]
    fn the_words_of_both_releases() {
        let old = "dom0+loop1 read-only=no frontend-dev=xvdj persistent=no\n\
                   dom0+loop12 frontend-dev=xvdi read-only=yes persistent=no\n";
        let new = "dom0+loop12:0000:0000::?****** device_id='0000:0000::?******' \
                   port_id='loop12' devclass='block' backend_domain='dom0' mode='manual' \
                   frontend_domain='h' _frontend-dev='xvdi' _read-only='yes'\n";
        assert!(Words::Qubes42.tell(old, LOOP12));
        assert!(Words::Qubes43.tell(new, LOOP12));
        assert_eq!(
            Words::Qubes42.options(LOOP12),
            "read-only=yes frontend-dev=xvdi"
        );
        assert_eq!(
            Words::Qubes43.options(LOOP12),
            "_read-only='yes' _frontend-dev='xvdi'"
        );
    }

    #[test]
    fn another_device_or_another_way_is_not_the_attachment() {
        for (old, new) in [
            (
                "dom0+loop1 read-only=yes frontend-dev=xvdi",
                "port_id='loop1' backend_domain='dom0' _frontend-dev='xvdi' _read-only='yes'",
            ),
            (
                "dom0+loop12 read-only=no frontend-dev=xvdi",
                "port_id='loop12' backend_domain='dom0' _frontend-dev='xvdi' _read-only='no'",
            ),
            (
                "dom0+loop12 read-only=yes frontend-dev=xvdj",
                "port_id='loop12' backend_domain='dom0' _frontend-dev='xvdj' _read-only='yes'",
            ),
            (
                "sys-usb+loop12 read-only=yes frontend-dev=xvdi",
                "port_id='loop12' backend_domain='sys-usb' _frontend-dev='xvdi' _read-only='yes'",
            ),
        ] {
            assert!(!Words::Qubes42.tell(old, LOOP12), "{old}");
            assert!(!Words::Qubes43.tell(new, LOOP12), "{new}");
        }
    }
}
