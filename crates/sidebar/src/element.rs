//! The sidebar inside an element of somebody else's page.

use web_sys::Element;
use yew::{AppHandle, Renderer};

use crate::components::{Sidebar, SidebarProps};

/// A sidebar that has been put into an element.
///
/// Dropping the handle leaves the sidebar where it is; [`unmount`](Self::unmount) takes it away.
#[derive(Debug)]
pub struct Mounted(AppHandle<Sidebar>);

/// Puts the sidebar into an element, in place of what is in there.
///
/// The page decides what is shown, and hands in new properties when that changes:
/// [`SidebarProps::on_choose`] tells it what a person asked for.
pub fn mount(host: Element, props: SidebarProps) -> Mounted {
    Mounted(Renderer::<Sidebar>::with_root_and_props(host, props).render())
}

impl Mounted {
    /// Shows something else, keeping what a person set inside the sidebar, such as filters.
    pub fn update(&mut self, props: SidebarProps) {
        self.0.update(props);
    }

    /// Takes the sidebar out of its element.
    pub fn unmount(self) {
        self.0.destroy();
    }
}
