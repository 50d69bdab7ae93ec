//! Where JavaScript leaves the id of a quick question, without a call into the module for each.

use std::str::from_utf8;

/// Bytes inside the module's memory that JavaScript writes an id into before it asks.
///
/// An id that crosses as an argument is measured, given memory, copied and freed again, which takes
/// several times as long as the decision itself.
#[derive(Debug)]
pub(crate) struct Letterbox(Box<[u8]>);

impl Letterbox {
    /// The bytes that there is room for. Longer ids cross as arguments.
    pub(crate) const SIZE: u32 = 512;

    pub(crate) fn new() -> Self {
        Self(vec![0; Self::SIZE as usize].into_boxed_slice())
    }

    /// Where the bytes are in the module's memory.
    pub(crate) fn address(&self) -> *const u8 {
        self.0.as_ptr()
    }

    /// The text of so many bytes that was left; `None` if it is none.
    pub(crate) fn text(&self, length: usize) -> Option<&str> {
        // JavaScript wrote here since the last question, which the compiler cannot know.
        let bytes = std::hint::black_box(&*self.0);
        from_utf8(bytes.get(..length)?).ok()
    }
}
