//! Other policy engines, each used as its documentation recommends for speed. They decide who may view an opportunity; what
//! an application would have to work out before is handed to them, and is not timed.

pub mod casbin;
pub mod cedar;
pub mod regorus;
