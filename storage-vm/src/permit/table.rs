//! The table of permits: which sessions live, and which have lived.

use super::Permit;
use crate::descriptor::{Claim, Dom0};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::id::{Prefix, SessionId};
use qib_rpc::message::permit::{PermitRequest, Took};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Every permit of this daemon's life. An ended session stays in the table
/// without its permit, so that it is never revived.
#[derive(Debug, Default)]
pub struct Permits {
    sessions: Mutex<HashMap<SessionId, Option<Arc<Permit>>>>,
}

impl Permits {
    /// Begins a permit, for dom0 only, at the place that it says.
    ///
    /// # Errors
    /// A fault when the session lives or has lived.
    pub fn grant(&self, caller: &Dom0, request: PermitRequest) -> Result<Held<'_>, Fault> {
        match self.sessions().entry(request.session) {
            Entry::Occupied(_) => Err(Fault::new(Code::NotAllowed)),
            Entry::Vacant(entry) => {
                let permit = Arc::new(Permit::new(request, caller.place().clone()));
                entry.insert(Some(Arc::clone(&permit)));
                Ok(Held {
                    permits: self,
                    permit,
                })
            }
        }
    }

    /// The live permit of the claimed session, if it is this helper's.
    ///
    /// # Errors
    /// A fault when there is none.
    pub fn find(&self, claim: &Claim) -> Result<Arc<Permit>, Fault> {
        self.sessions()
            .get(&claim.session)
            .and_then(Option::as_ref)
            .filter(|permit| permit.request().helper == claim.helper)
            .cloned()
            .ok_or(Fault::new(Code::NoPermit))
    }

    /// True while a session of this prefix lives.
    pub fn any_lives(&self, prefix: Prefix) -> bool {
        let sessions = self.sessions();
        let mut live = sessions.values().flatten();
        live.any(|permit| permit.request().prefix == prefix)
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<SessionId, Option<Arc<Permit>>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A permit while dom0's call holds it. Dropping it ends the permit.
#[derive(Debug)]
pub struct Held<'table> {
    permits: &'table Permits,
    permit: Arc<Permit>,
}

impl Held<'_> {
    /// Ends the permit and says what the session put. Nothing is stored after.
    pub fn end(self) -> Took {
        self.permit.end()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(permit) = self
            .permits
            .sessions()
            .get_mut(&self.permit.request.session)
        {
            *permit = None;
        }
        self.permit.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::{Request, decode};
    use qib_rpc::message::permit::{Quota, Verbs};
    use qib_rpc::name::QubeName;

    fn dom0() -> Dom0 {
        match decode(b"qib.Permit dom0") {
            Ok(Request::Permit(dom0)) => dom0,
            other => panic!("{other:?}"),
        }
    }

    fn name(text: &str) -> QubeName {
        QubeName::parse(text).unwrap()
    }

    fn request() -> PermitRequest {
        PermitRequest {
            session: SessionId::new([7; 16]),
            helper: name("disp1"),
            prefix: Prefix::new([1; 16]),
            verbs: Verbs::Restore,
            quota: Quota {
                bytes: 10,
                objects: 1,
            },
        }
    }

    fn claim(helper: &str, session: u8) -> Claim {
        Claim {
            helper: name(helper),
            session: SessionId::new([session; 16]),
        }
    }

    #[test]
    fn a_permit_is_for_its_helper_and_its_session() {
        let permits = Permits::default();
        let _held = permits.grant(&dom0(), request()).unwrap();
        assert!(permits.find(&claim("disp1", 7)).is_ok());
        assert!(permits.find(&claim("disp2", 7)).is_err());
        assert!(permits.find(&claim("disp1", 8)).is_err());
    }

    #[test]
    fn a_session_lives_once() {
        let permits = Permits::default();
        let held = permits.grant(&dom0(), request()).unwrap();
        assert!(permits.grant(&dom0(), request()).is_err());
        let permit = permits.find(&claim("disp1", 7)).unwrap();
        assert!(permit.promise(10).is_ok());
        held.end();
        assert!(permits.find(&claim("disp1", 7)).is_err());
        assert!(permits.grant(&dom0(), request()).is_err());
        assert_eq!(permit.promise(0).map(|_| ()), Err(Code::NoPermit));
    }
}
