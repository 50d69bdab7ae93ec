//! Record types, and which of their users count as holders (§1.5, §3).

use crate::word::vocabulary;

vocabulary! {
    /// The type of a CRM record.
    RecordType, UnknownType, "record type" {
        /// A company that is sold to.
        Account = "account",
        /// A person who is sold to.
        Prospect = "prospect",
        /// A sale in the making.
        Opportunity = "opportunity",
        /// Something to do.
        Task = "task",
        /// A series of touches.
        Sequence = "sequence",
        /// An email; its owner is the sender.
        Mailing = "mailing",
        /// A call.
        Call = "call",
        /// A meeting.
        Meeting = "meeting",
        /// A conversation.
        Conversation = "conversation",
    }
}

impl RecordType {
    /// Whether assigned users count as holders of records of this type (§1.5).
    pub const fn has_assigned_users(self) -> bool {
        matches!(self, Self::Account | Self::Prospect | Self::Opportunity)
    }
}
