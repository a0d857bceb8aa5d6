//! Permits: what a session may do, for exactly as long as dom0's call lives.

mod table;

pub use table::{Held, Permits};

use crate::quota::Account;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::message::permit::{PermitRequest, Took};
use qib_rpc::name::PlaceName;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A helper needs one call; more would let it use up the daemon's connections.
const MAX_CALLS_AT_ONCE: usize = 4;

/// One permit, alive or ended. An ended one allows nothing and never lives again.
#[derive(Debug)]
pub struct Permit {
    request: PermitRequest,
    place: Option<PlaceName>,
    state: Mutex<State>,
    left: Condvar,
}

#[derive(Debug)]
struct State {
    ended: bool,
    account: Account,
    calls: Vec<Arc<UnixStream>>,
}

impl Permit {
    fn new(request: PermitRequest, place: Option<PlaceName>) -> Self {
        let account = Account::new(request.quota);
        Self {
            request,
            place,
            state: Mutex::new(State {
                ended: false,
                account,
                calls: Vec::new(),
            }),
            left: Condvar::new(),
        }
    }

    /// What dom0 permitted.
    pub fn request(&self) -> &PermitRequest {
        &self.request
    }

    /// The place that it is for.
    pub fn place(&self) -> &Option<PlaceName> {
        &self.place
    }

    /// True until the permit ends.
    pub fn lives(&self) -> bool {
        !self.state().ended
    }

    /// Lets a call of the helper in, to be cut when the permit ends.
    ///
    /// # Errors
    /// A fault when the permit has ended or has too many calls.
    pub fn enter(self: &Arc<Self>, stream: Arc<UnixStream>) -> Result<Visit, Fault> {
        let mut state = self.state();
        if state.ended {
            return Err(Fault::new(Code::NoPermit));
        }
        state.account.count_call();
        if state.calls.len() >= MAX_CALLS_AT_ONCE {
            return Err(Fault::new(Code::NotAllowed));
        }
        state.calls.push(Arc::clone(&stream));
        Ok(Visit {
            permit: Arc::clone(self),
            stream,
        })
    }

    /// Promises room for an object.
    ///
    /// # Errors
    /// The code of the fault when the permit has ended or its quota is used up.
    pub fn promise(self: &Arc<Self>, bytes: u64) -> Result<Share, Code> {
        let mut state = self.state();
        if state.ended {
            return Err(Code::NoPermit);
        }
        if !state.account.promise(bytes) {
            return Err(Code::QuotaUsedUp);
        }
        Ok(Share {
            permit: Arc::clone(self),
            bytes,
        })
    }

    /// Ends the permit: cuts the helper's calls and waits until they are over.
    fn end(&self) -> Took {
        let mut state = self.state();
        state.ended = true;
        for call in &state.calls {
            // An error means that the other side is gone already.
            let _gone = call.shutdown(Shutdown::Both);
        }
        while !state.calls.is_empty() {
            state = self
                .left
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.account.took()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A helper's call under a permit. The permit's end cuts its stream, and waits
/// until the visit is dropped.
#[derive(Debug)]
pub struct Visit {
    permit: Arc<Permit>,
    stream: Arc<UnixStream>,
}

impl Visit {
    /// The permit that the call is under.
    pub fn permit(&self) -> &Arc<Permit> {
        &self.permit
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut state = self.permit.state();
        state.calls.retain(|call| !Arc::ptr_eq(call, &self.stream));
        self.permit.left.notify_all();
    }
}

/// Room in a permit's quota for one object, given back when dropped.
#[derive(Debug)]
pub struct Share {
    permit: Arc<Permit>,
    bytes: u64,
}

impl Share {
    /// True until the permit ends.
    pub fn lives(&self) -> bool {
        self.permit.lives()
    }

    /// The object is durable: it counts from now on.
    pub fn take(self) {
        self.permit.state().account.take(self.bytes);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.permit.state().account.release(self.bytes);
    }
}
