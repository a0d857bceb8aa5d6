//! Which attributes are kept, and which of them lie in the inode.

use std::collections::BTreeSet;

use super::attribute::Attribute;

/// Leaves out the largest until the others take no more than so many bytes: however many there
/// are, few are left to be divided.
pub(super) fn leave_out_largest(known: &mut Vec<Attribute<'_>>, room: usize) {
    let lengths = known.iter().map(Attribute::length);
    let mut taken = lengths.clone().fold(0, usize::saturating_add);
    let mut order: Vec<(usize, usize)> = lengths.zip(0..).collect();
    order.sort_unstable();
    let mut left_out = BTreeSet::new();
    while taken > room
        && let Some((length, place)) = order.pop()
    {
        left_out.insert(place);
        taken -= length;
    }
    let mut places = 0..;
    known.retain(|_| places.next().is_none_or(|place| !left_out.contains(&place)));
}

/// Those for the inode, with as many bytes as fit, and the others: all in the inode when they
/// fit there.
pub(super) fn divide<'b, 'a>(
    all: &'b [Attribute<'a>],
    room: usize,
) -> (Vec<&'b Attribute<'a>>, Vec<&'b Attribute<'a>>) {
    // For each number of bytes, a choice that fills exactly so many.
    let mut choices: Vec<Option<Vec<usize>>> = vec![None; room.saturating_add(1)];
    if let Some(none) = choices.first_mut() {
        *none = Some(Vec::new());
    }
    for (number, attribute) in all.iter().enumerate() {
        let length = attribute.length();
        for filled in (length..=room).rev() {
            let without = choices.get(filled - length).cloned().flatten();
            if let (Some(slot @ None), Some(mut choice)) = (choices.get_mut(filled), without) {
                choice.push(number);
                *slot = Some(choice);
            }
        }
    }
    let chosen = choices
        .into_iter()
        .flatten()
        .next_back()
        .unwrap_or_default();
    let numbered = all.iter().enumerate();
    let (inner, outer): (Vec<_>, Vec<_>) =
        numbered.partition(|(number, _)| chosen.contains(number));
    let plain = |numbered: Vec<(usize, _)>| numbered.into_iter().map(|(_, one)| one).collect();
    (plain(inner), plain(outer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(length: usize) -> Attribute<'static> {
        Attribute {
            prefix: 1,
            suffix: b"name",
            value: vec![7; length],
        }
    }

    #[test]
    fn the_inode_is_filled_as_well_as_can_be() {
        // 20 bytes of entry each: 24, 60, 40 of 92.
        let all = vec![attribute(4), attribute(40), attribute(20)];
        let (inner, outer) = divide(&all, 92);
        assert_eq!(inner, [&attribute(4), &attribute(40)]);
        assert_eq!(outer, [&attribute(20)]);
        let (inner, outer) = divide(&all, 124);
        assert_eq!((inner.len(), outer.len()), (3, 0));
    }
}
