//! The few drawings of the interface.

use yew::prelude::*;

/// A drawing. It never carries meaning alone: a text always stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Yes.
    Check,
    /// No.
    Cross,
    /// Out of sight.
    Lock,
    /// More below.
    Down,
    /// More above.
    Up,
    /// What comes next on a path.
    Next,
    /// Search.
    Search,
    /// A file to open.
    Open,
    /// An account.
    Building,
    /// A prospect.
    Person,
    /// An opportunity.
    Chart,
    /// A task.
    Task,
    /// A sequence.
    Steps,
    /// A mailing.
    Envelope,
    /// A call.
    Phone,
    /// A meeting.
    Calendar,
    /// A conversation.
    Bubble,
    /// A partner deal.
    Handshake,
}

impl Shape {
    const fn path(self) -> &'static str {
        match self {
            Self::Check => "M3 8.5 6.5 12 13 4.5",
            Self::Cross => "M4 4l8 8M12 4l-8 8",
            Self::Lock => "M4 7h8v6.5H4zM5.5 7V5a2.5 2.5 0 0 1 5 0v2",
            Self::Down => "M4 6l4 4 4-4",
            Self::Up => "M4 10l4-4 4 4",
            Self::Next => "M6 4l4 4-4 4",
            Self::Search => "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5 14 14",
            Self::Open => "M2 13V3.5h4L7.5 5H14v8zM8 11V7.5M6.5 9 8 7.5 9.5 9",
            Self::Building => "M3 14V2.5h6V14M9 6.5h4V14M1.5 14h13M5 5.5h2M5 8h2M5 10.5h2",
            Self::Person => {
                "M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8zM2.5 14a5.5 5.5 0 0 1 11 0"
            }
            Self::Chart => "M2 13.5h12M4 11V8M8 11V3M12 11V5.5",
            Self::Task => "M3 3h10v10H3zM5.5 8l2 2 3.5-4",
            Self::Steps => "M2 12.5h4V9h4V5.5h4V2",
            Self::Envelope => "M2 4h12v8.5H2zM2 4.5 8 9l6-4.5",
            Self::Phone => {
                "M3 3l2.5-.5L7 6 5.5 7.2a8 8 0 0 0 3.3 3.3L10 9l3.5 1.5L13 13c-5 1-11-5-10-10z"
            }
            Self::Calendar => "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.5V5M10.5 2.5V5",
            Self::Bubble => "M2 3h12v8H7l-3 2.5V11H2z",
            Self::Handshake => {
                "M1.5 5 4 4l4 1.5L12 4l2.5 1M1.5 10.5 4 11l3 2.5 1.5-1 1.5.5L14.5 10M8 5.5 6 8.5c1 1 2.5.5 3-.5l3 2.5"
            }
        }
    }
}

/// A drawing in the colour of the text, hidden from screen readers.
pub fn icon(shape: Shape) -> Html {
    html! {
        <svg class="sl-icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
            <path d={shape.path()} fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" />
        </svg>
    }
}
