//! Where a folder keeps what: paths made of parsed ids and of nothing else.
//!
//! ```text
//! root/KIND/KIND-DIGEST
//! PREFIX/KIND/KIND-DIGEST
//! PREFIX/pack/XX/pack-DIGEST     XX: the first two digits of the digest
//! PREFIX/KIND/arrivals           the order in which objects came
//! PREFIX/tmp/tN                  an object that is still arriving
//! PREFIX/trash/T-U/KIND-DIGEST   an object that came to the trash at T by dom0's clock, U by ours
//! ```

use crate::spot::Spot;
use crate::stamp::Stamp;
use qib_rpc::hex;
use qib_rpc::id::Prefix;
use qib_rpc::message::record::Place;
use qib_rpc::object::Kind;

/// The folder of temporary files in a place.
pub const TEMPORARY: &str = "tmp";

/// The file that notes arrivals.
pub const ARRIVALS: &str = "arrivals";

/// The folder of a place.
pub fn place_folder(place: Place) -> String {
    match place {
        Place::Root => "root".to_owned(),
        Place::Qube(prefix) => prefix.to_string(),
    }
}

/// True for a name that [`place_folder`] gives.
pub fn is_place_folder(name: &str) -> bool {
    name == "root" || Prefix::parse(name).is_some()
}

/// The folders down to the objects of `kind` in `place`.
pub fn kind_folders(place: Place, kind: Kind) -> Vec<String> {
    vec![place_folder(place), kind.word().to_owned()]
}

/// The folders down to the object at `spot`.
pub fn folders(spot: &Spot) -> Vec<String> {
    let mut folders = kind_folders(spot.place, spot.name.kind);
    if let (Kind::Pack, [first, ..]) = (spot.name.kind, spot.name.digest.bytes()) {
        folders.push(shelf(*first));
    }
    folders
}

/// The folder of the packs whose digest begins with this byte.
pub fn shelf(first: u8) -> String {
    hex::encode(&[first])
}

/// True for a name that [`shelf`] gives.
pub fn is_shelf(name: &str) -> bool {
    hex::decode::<1>(name).is_some()
}

/// The folders down to the trash of a prefix.
pub fn trash_folders(prefix: Prefix) -> Vec<String> {
    vec![prefix.to_string(), "trash".to_owned()]
}

/// The folders down to what comes to the trash at this moment.
pub fn bin_folders(prefix: Prefix, stamp: Stamp) -> Vec<String> {
    let mut folders = trash_folders(prefix);
    folders.push(bin_name(stamp));
    folders
}

/// The name of the last of these.
pub fn bin_name(stamp: Stamp) -> String {
    let Stamp { dom0, own } = stamp;
    format!("{dom0}-{own}")
}

/// The moment in a name that [`bin_name`] gives.
pub fn parse_bin(name: &str) -> Option<Stamp> {
    let (dom0, own) = name.split_once('-')?;
    let stamp = Stamp {
        dom0: dom0.parse().ok()?,
        own: own.parse().ok()?,
    };
    (bin_name(stamp) == name).then_some(stamp)
}

/// The folders down to the temporary files of `place`.
pub fn temporary_folders(place: Place) -> Vec<String> {
    vec![place_folder(place), TEMPORARY.to_owned()]
}

/// The name of the `number`-th temporary file.
pub fn temporary_name(number: u64) -> String {
    format!("t{number}")
}

/// True for a name that [`temporary_name`] gives.
pub fn is_temporary_name(name: &str) -> bool {
    name.strip_prefix('t')
        .and_then(|digits| digits.parse().ok())
        .is_some_and(|number| temporary_name(number) == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use qib_rpc::id::Digest;
    use qib_rpc::object::ObjectName;

    fn spot(place: Place, kind: Kind) -> Spot {
        let digest = Digest::new([0xab; 32]);
        Spot {
            place,
            name: ObjectName { kind, digest },
        }
    }

    #[test]
    fn packs_are_spread_and_others_are_not() {
        let place = Place::Qube(Prefix::new([1; 16]));
        let prefix = "01".repeat(16);
        assert_eq!(
            folders(&spot(place, Kind::Pack)),
            [&prefix, "pack", "ab"].map(str::to_owned)
        );
        assert_eq!(
            folders(&spot(place, Kind::Index)),
            [&prefix, "index"].map(str::to_owned)
        );
        assert_eq!(
            folders(&spot(Place::Root, Kind::Kit)),
            ["root", "kit"].map(str::to_owned)
        );
    }

    #[test]
    fn only_our_own_bins_are_bins() {
        let stamp = Stamp {
            dom0: 1_795_986_000,
            own: 3,
        };
        assert_eq!(parse_bin(&bin_name(stamp)), Some(stamp));
        for name in ["", "-", "1-", "1", "01-2", "1-+2", "-1-2", "1-2-3", "1-2 "] {
            assert_eq!(parse_bin(name), None, "{name}");
        }
        assert!(is_shelf("0a") && !is_shelf("0A") && !is_shelf("0") && !is_shelf("trash"));
    }

    #[test]
    fn only_our_own_temporary_names_are_ours() {
        for name in ["t0", "t17", &temporary_name(u64::MAX)] {
            assert!(is_temporary_name(name), "{name}");
        }
        for name in [
            "",
            "t",
            "t01",
            "t+1",
            "t-1",
            "u1",
            "t1 ",
            "t99999999999999999999",
        ] {
            assert!(!is_temporary_name(name), "{name}");
        }
    }
}
