//! A helper is started, asked for its version, and what policy lets it do is found out.

use super::{Report, policy, version};
use crate::helper::Helper;
use crate::machine::Machine;
use crate::progress::Progress;
use crate::talk::Talk;
use crate::undo::Undos;
use qib_rpc::name::QubeName;
use qib_rpc::service::Service;
use std::collections::BTreeSet;

pub(super) fn examine(
    (machine, storages): (&Machine, &BTreeSet<QubeName>),
    progress: &Progress,
    undos: &mut Undos,
    report: &mut Report,
) {
    progress.stage(&machine.config.helper_template, "starting a helper");
    let started = Helper::start(machine, undos);
    let so = |_: &Helper| "a helper starts, without network and confined".to_owned();
    let Some(helper) = report.keep("helper", started, so) else {
        return;
    };
    let (service, stop) = (Service::HelperVersion, &machine.stop);
    let talk = |limit| Talk::with_helper(helper.name(), service, limit, stop);
    version::examine("helper-service", "qib-helper", talk, report);
    policy::examine_effect(&helper, &machine.config, storages, report);
    if let Err(error) = undos.all() {
        report.wrong("helper", error);
    }
}
