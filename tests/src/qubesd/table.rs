//! Every method that the lab's qubesd knows, and who carries it out.

use std::fmt;
use std::sync::Arc;

use super::answer::{Answer, Refusal};
use super::{
    assignment, create, device, events, feature, import, lifecycle, list, pool, property, settings,
    system_info, tag, volume,
};
use crate::daemon::world::World;
use crate::release::Release;

/// `METHOD+ARG SRC name DEST NUL PAYLOAD`
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    pub(crate) argument: &'a str,
    pub(crate) source: &'a str,
    pub(crate) destination: &'a str,
    pub(crate) payload: &'a [u8],
}

type Handler = fn(&Arc<World>, &Call) -> Answer;
pub(crate) type Method = (&'static str, Handler);

pub(crate) const INTERNAL: &[Method] = &[
    ("internal.GetSystemInfo", system_info::get),
    ("internal.vm.volume.ImportBegin", import::begin),
    ("internal.vm.volume.ImportEnd", import::end),
];

/// What both releases have.
const ADMIN: &[Method] = &[
    (events::METHOD, events::allow),
    ("admin.vm.List", list::list),
    ("admin.vm.CurrentState", list::current_state),
    ("admin.vm.property.List", property::list),
    ("admin.vm.property.Get", property::get),
    ("admin.vm.property.GetAll", property::get_all),
    ("admin.vm.property.Set", property::set),
    ("admin.vm.property.Reset", property::reset),
    ("admin.property.Get", property::get_global),
    ("admin.property.GetAll", property::get_all_global),
    ("admin.vm.feature.List", feature::list),
    ("admin.vm.feature.Get", feature::get),
    ("admin.vm.feature.Set", feature::set),
    ("admin.vm.feature.Remove", feature::remove),
    ("admin.vm.tag.List", tag::list),
    ("admin.vm.tag.Get", tag::get),
    ("admin.vm.tag.Set", tag::set),
    ("admin.vm.tag.Remove", tag::remove),
    ("admin.vm.firewall.Get", settings::firewall_get),
    ("admin.vm.firewall.Set", settings::firewall_set),
    ("admin.label.List", settings::labels),
    ("admin.label.Get", settings::label),
    ("admin.label.Create", settings::create_label),
    ("admin.label.Remove", settings::remove_label),
    ("admin.vm.Create.AppVM", create::app_qube),
    ("admin.vm.CreateInPool.AppVM", create::app_qube_in_pool),
    ("admin.vm.Create.DispVM", create::disposable),
    ("admin.vm.Create.StandaloneVM", create::standalone),
    ("admin.vm.Create.TemplateVM", create::template_qube),
    (
        "admin.vm.CreateInPool.StandaloneVM",
        create::standalone_in_pool,
    ),
    (
        "admin.vm.CreateInPool.TemplateVM",
        create::template_qube_in_pool,
    ),
    ("admin.vm.Start", lifecycle::start),
    ("admin.vm.Shutdown", lifecycle::shutdown),
    ("admin.vm.Kill", lifecycle::kill),
    ("admin.vm.Remove", lifecycle::remove),
    ("admin.vm.volume.List", volume::list),
    ("admin.vm.volume.Info", volume::info),
    ("admin.vm.volume.ListSnapshots", volume::list_snapshots),
    ("admin.vm.volume.Resize", volume::resize),
    (
        "admin.vm.volume.Set.revisions_to_keep",
        volume::set_revisions,
    ),
    ("admin.vm.volume.Set.rw", volume::set_flag),
    ("admin.vm.volume.Set.ephemeral", volume::set_flag),
    ("admin.pool.List", pool::list),
    ("admin.pool.Info", pool::info),
    ("admin.pool.UsageDetails", pool::usage),
    ("admin.deviceclass.List", assignment::classes),
    ("admin.vm.device.block.Available", device::available),
    ("admin.vm.device.block.Attach", device::attach),
    ("admin.vm.device.block.Detach", device::detach),
];

/// What only 4.2 has.
const ADMIN_4_2: &[Method] = &[
    ("admin.vm.device.block.List", device::list),
    ("admin.vm.device.mic.List", assignment::list),
    ("admin.vm.device.mic.Attach", assignment::attach),
    ("admin.vm.device.mic.Detach", assignment::detach),
    ("admin.vm.device.pci.List", assignment::list),
    ("admin.vm.device.pci.Attach", assignment::attach),
    ("admin.vm.device.pci.Detach", assignment::detach),
    ("admin.vm.device.usb.List", assignment::list),
    ("admin.vm.device.usb.Attach", assignment::attach),
    ("admin.vm.device.usb.Detach", assignment::detach),
];

/// What came with 4.3.
const ADMIN_4_3: &[Method] = &[
    ("admin.vm.notes.Get", settings::notes_get),
    ("admin.vm.notes.Set", settings::notes_set),
    ("admin.vm.device.block.Attached", device::attached),
    ("admin.vm.device.block.Assigned", assignment::assigned),
    ("admin.vm.device.block.Assign", assignment::assign),
    ("admin.vm.device.block.Unassign", assignment::unassign),
    ("admin.vm.device.mic.Assigned", assignment::assigned),
    ("admin.vm.device.mic.Assign", assignment::assign),
    ("admin.vm.device.mic.Unassign", assignment::unassign),
    ("admin.vm.device.pci.Assigned", assignment::assigned),
    ("admin.vm.device.pci.Assign", assignment::assign),
    ("admin.vm.device.pci.Unassign", assignment::unassign),
    ("admin.vm.device.usb.Assigned", assignment::assigned),
    ("admin.vm.device.usb.Assign", assignment::assign),
    ("admin.vm.device.usb.Unassign", assignment::unassign),
];

/// The methods of a release.
pub(crate) fn admin(release: Release) -> Vec<Method> {
    let own = match release {
        Release::R4_2 => ADMIN_4_2,
        Release::R4_3 => ADMIN_4_3,
    };
    [ADMIN, own].concat()
}

impl<'a> Call<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == 0)?;
        let (header, rest) = bytes.split_at_checked(end)?;
        let payload = rest.get(1..)?;
        let mut words = std::str::from_utf8(header).ok()?.splitn(4, ' ');
        let (full, source) = (words.next()?, words.next()?);
        let destination = match (words.next()?, words.next()?) {
            ("keyword", "adminvm") => "dom0",
            ("name", name) => name,
            _ => return None,
        };
        let (method, argument) = full.split_once('+').unwrap_or((full, ""));
        header.is_ascii().then_some(Self {
            method,
            argument,
            source,
            destination,
            payload,
        })
    }

    /// As a line, without what is always the same.
    pub(crate) fn line(&self) -> String {
        let Self {
            method,
            argument,
            destination,
            payload,
            ..
        } = self;
        let payload = payload.escape_ascii().to_string().replace("\\'", "'");
        let payload = Some(payload).filter(|text| !text.is_empty());
        let payload = payload.map_or_else(String::new, |text| format!(" < {text}"));
        format!("qubesd {method}+{argument} {destination}{payload}")
    }

    /// The payload as text, which it has to be.
    pub(crate) fn text(&self) -> Result<&str, Refusal> {
        let text = std::str::from_utf8(self.payload)
            .ok()
            .filter(|text| text.is_ascii());
        text.ok_or_else(|| Refusal::protocol("payload is not ASCII"))
    }
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            argument,
            source,
            destination,
            payload,
        } = self;
        let payload = payload.escape_ascii();
        write!(f, "{method}+{argument} {source} {destination} {payload}")
    }
}

/// Carries out a call; a method that is not in the table gets no answer.
pub(crate) fn run(world: &Arc<World>, call: &Call, methods: &[Method]) -> Answer {
    let known = methods.iter().find(|(name, _)| *name == call.method);
    let (_, handler) = known.ok_or_else(|| Refusal::protocol("no such method"))?;
    world.sweep_dead(&mut world.lock())?;
    if world.is_deaf_to(call.method, call.argument) {
        return Ok(String::new());
    }
    handler(world, call)
}
