//! Files with more than one name.

use super::identity::{Identities, Place};
use super::look::Id;
use std::collections::{HashMap, HashSet};

/// A file of which one name was met.
#[derive(Clone, Copy)]
pub(super) struct Linked {
    /// What all its names carry.
    pub(super) group: u32,
    /// Where its content is in the table of files; none when it is empty.
    pub(super) row: Option<u32>,
}

/// All of them.
#[derive(Default)]
pub(super) struct Links {
    met: HashMap<Id, Linked>,
    groups: HashSet<u32>,
}

impl Links {
    /// The file, if one of its names was met.
    pub(super) fn met(&self, id: Id) -> Option<Linked> {
        self.met.get(&id).copied()
    }

    /// A group for a file: the same in every run, but where two would have one.
    pub(super) fn add(
        &mut self,
        id: Id,
        place: Place,
        identities: &Identities,
        row: Option<u32>,
    ) -> u32 {
        let [a, b, c, d, ..] = identities.number(place, id.inode).to_le_bytes();
        let mut group = u32::from_le_bytes([a, b, c, d]);
        while group == 0 || !self.groups.insert(group) {
            group = group.wrapping_add(1);
        }
        self.met.insert(id, Linked { group, row });
        group
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qib_rpc::key::ChunkKey;

    #[test]
    fn every_file_has_a_group_of_its_own_and_the_same_in_every_run() {
        let identities = Identities::new(&ChunkKey::new([3; 32]));
        let other = identities.place(Place::ROOT, 256, b"subvolume");
        let group = |links: &mut Links, device, inode, place| {
            let id = Id {
                device: (0, device),
                inode,
            };
            let group = links.add(id, place, &identities, None);
            assert_eq!(links.met(id).unwrap().group, group);
            group
        };
        let mut links = Links::default();
        let groups: HashSet<u32> = (0..1000)
            .flat_map(|inode| [(1, inode, Place::ROOT), (2, inode, other)])
            .map(|(device, inode, place)| group(&mut links, device, inode, place))
            .collect();
        assert!(groups.len() == 2000 && !groups.contains(&0));
        // Another device number is the same file in another mount; here it collides.
        let first = group(&mut Links::default(), 1, 7, other);
        assert!(groups.contains(&first));
        assert!(!groups.contains(&group(&mut links, 3, 7, other)));
    }
}
