//! The mock CRM's own words, in one table.

use sidelight_sidebar::message::{counted, grouped, unturned};

/// Marks the page as what it is.
pub(crate) const MOCK: &str = "mock CRM";
pub(crate) const VIEW_AS: &str = "View as";
pub(crate) const AS_OF: &str = "As of (UTC)";
pub(crate) const NOW: &str = "Now";
pub(crate) const THEME: &str = "Theme";
pub(crate) const OPEN: &str = "Open organisation…";
pub(crate) const DROP: &str = "Drop an organisation’s JSON file to open it";
pub(crate) const DISMISS: &str = "Dismiss";
pub(crate) const NO_ORGANISATION: &str =
    "No organisation is open. Open a JSON file in the format sidelight.org/1.";
pub(crate) const NOBODY_MATCHES: &str = "Nobody matches.";
pub(crate) const RECORD_TYPE: &str = "Record type";
pub(crate) const FIND: &str = "Find by name";
pub(crate) const NOTHING_FOUND: &str = "Nothing matches.";
pub(crate) const NO_OWNER: &str = "No owner";
pub(crate) const WITHOUT_ROLE: &str = "Without a role";
pub(crate) const CHOOSE: &str = "Choose a record from the list.";
pub(crate) const DETAILS: &str = "Details";
pub(crate) const ACCOUNT: &str = "Account";
pub(crate) const OWNER: &str = "Record owner";
pub(crate) const NO_DETAILS: &str = "The CRM holds no further fields for it.";
pub(crate) const UNSEEN: &str = "not visible";

/// The words for a theme.
pub(crate) fn theme(theme: crate::address::Theme) -> &'static str {
    match theme {
        crate::address::Theme::System => "System",
        crate::address::Theme::Light => "Light",
        crate::address::Theme::Dark => "Dark",
    }
}

/// The id of a record owner who is nobody.
pub(crate) fn owner_gone(id: &str) -> String {
    unturned(format!("{id} (no longer exists)"))
}

/// How many of a list the viewer sees.
pub(crate) fn sees(viewer: &str, seen: usize, all: &str) -> String {
    unturned(format!("{viewer} sees {} of {all}", grouped(seen)))
}

/// How many of a related list the viewer sees.
pub(crate) fn of(seen: usize, all: usize) -> String {
    format!("{} of {}", grouped(seen), grouped(all))
}

/// Leaves only what the viewer sees in the list.
pub(crate) fn hide(viewer: &str) -> String {
    unturned(format!("Only what {viewer} sees"))
}

/// The heading of the page that a viewer gets for a record that they do not see.
pub(crate) fn not_found(viewer: &str) -> String {
    unturned(format!("{viewer} gets “not found” here"))
}

/// Why that is so.
pub(crate) const NOT_FOUND: &str = "To somebody who may not see it, a record looks the same as one that does not exist. As an administrator, you are told why in the sidebar.";

/// Says that more people match than are listed.
pub(crate) fn more_people(count: usize) -> String {
    format!("{} more: type to narrow", grouped(count))
}

pub(crate) const PERSON: &str = "person";

/// Says that an id of the address names nothing, and what is shown instead.
pub(crate) fn missing(noun: &str, id: &str, shown: &str) -> String {
    unturned(format!(
        "There is no {noun} with the id “{id}” here. {shown} is shown instead."
    ))
}

/// The steps of opening a file, which can take a while for a large one.
pub(crate) fn reading(name: &str) -> String {
    unturned(format!("Reading {name} …"))
}

/// The same, once the size is known.
pub(crate) fn checking(name: &str, bytes: usize) -> String {
    unturned(format!("Checking {name} ({}) …", size(bytes)))
}

/// The last step.
pub(crate) fn indexing(name: &str, records: usize) -> String {
    unturned(format!(
        "Listing the {} records of {name} …",
        grouped(records)
    ))
}

/// Says that a file has been opened.
pub(crate) fn opened(name: &str, users: usize, records: usize, deals: usize) -> String {
    unturned(format!(
        "Opened {name}: {}, {}, {}.",
        counted(users, "person", "people"),
        counted(records, "record", "records"),
        counted(deals, "partner deal", "partner deals")
    ))
}

/// The heading of the message about a file that was not opened.
pub(crate) fn not_opened(name: &str) -> String {
    unturned(format!("{name} was not opened"))
}

/// Why a file without content was not opened.
pub(crate) const EMPTY: &str = "the file is empty; choose one in the format sidelight.org/1";

/// Why a file was not even read.
pub(crate) fn too_large(bytes: usize, limit: usize) -> String {
    format!(
        "the file has {}, at most {} are opened",
        size(bytes),
        size(limit)
    )
}

/// What stays when a file was not opened.
pub(crate) fn stays(organisation: &str) -> String {
    unturned(format!("{organisation} stays open."))
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_to_their_unit() {
        for (bytes, expected) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_000, "1 kB"),
            (999_999, "999 kB"),
            (12_345_678, "12 MB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }
}
