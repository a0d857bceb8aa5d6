//! The words before a call's stream at the storage qube, and the names that it finds in a place.
//!
//! The law: a call is understood or refused. Only dom0 has what is dom0's, a helper only with a
//! session, and there is one way to say each. A name that is taken for ours is one that we give.

use qib_rpc::name::{PlaceName, QubeName};
use qib_rpc::service::{Service, Side};
use qib_storage::descriptor::{self, BadCall, Claim, Dom0, Request};
use qib_storage::layout;
use qib_storage::remote::order;

/// Checks words and a name.
pub fn check(input: &[u8]) {
    let understood = descriptor::decode(input);
    if let Ok(request) = &understood {
        assert_eq!(without_plus(input), words(request).as_bytes());
    }
    let Ok(text) = std::str::from_utf8(input) else {
        return assert_eq!(understood, Err(BadCall::NotUnderstood));
    };
    names(text);
}

/// An argument that is empty may be said by a plus alone.
fn without_plus(input: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(input.to_vec()).unwrap();
    text.replace("+ ", " ").into_bytes()
}

fn words(request: &Request) -> String {
    match request {
        Request::Permit(dom0) => of_dom0(Service::Permit, dom0),
        Request::Records(dom0) => of_dom0(Service::Records, dom0),
        Request::Forget(dom0) => of_dom0(Service::Forget, dom0),
        Request::Scrub(dom0) => of_dom0(Service::Scrub, dom0),
        Request::Version(dom0) => of_dom0(Service::StorageVersion, dom0),
        Request::Put(claim) => of_helper(Service::Put, claim),
        Request::Get(claim) => of_helper(Service::Get, claim),
    }
}

fn of_dom0(service: Service, dom0: &Dom0) -> String {
    assert_eq!(service.sides(), (Side::Dom0, Side::Storage));
    let argument = dom0.place().as_ref().map_or_else(String::new, |place| {
        assert!(PlaceName::parse(place.as_str()).is_ok());
        format!("+{place}")
    });
    format!("{}{argument} dom0", service.name())
}

fn of_helper(service: Service, claim: &Claim) -> String {
    assert_eq!(service.sides(), (Side::Helper, Side::Storage));
    assert!(QubeName::parse(claim.helper.as_str()).is_ok());
    format!("{}+{} {}", service.name(), claim.session, claim.helper)
}

fn names(text: &str) {
    if let Some((number, digest)) = order::parse_note(text) {
        assert_eq!(order::note_name(number, &digest), text);
    }
    if let Some(stamp) = layout::parse_bin(text) {
        assert_eq!(layout::bin_name(stamp), text);
    }
    let ours = [layout::is_place_folder, layout::is_shelf, layout::is_temporary_name];
    let is_ours = ours.iter().any(|is_ours| is_ours(text));
    assert!(!is_ours || text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
}

/// A call of each service, and names of each kind.
pub fn seeds() -> Vec<Vec<u8>> {
    let hex = "0123456789abcdef".repeat(4);
    let session = &hex[..32];
    let call = |service: &Service| match service.sides().0 {
        Side::Dom0 => format!("{} dom0", service.name()),
        _ => format!("{}+{session} disp-qib-01", service.name()),
    };
    let mut seeds: Vec<String> = Service::ALL.iter().map(call).collect();
    seeds.extend([
        "qib.Permit+ dom0".to_owned(),
        "qib.Records+cloud-2 dom0".to_owned(),
        format!("000000001234-{hex}"),
        "1700000000-1700000001".to_owned(),
        session.to_owned(),
        "root".to_owned(),
        "a7".to_owned(),
        "t12".to_owned(),
    ]);
    seeds.into_iter().map(String::into_bytes).collect()
}
