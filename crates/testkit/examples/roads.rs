//! Writes organisations with their accessibility sets to a file, for the tests of the npm package.

use std::error::Error;
use std::fs;

use sidelight_testkit::roads;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args_os()
        .nth(1)
        .ok_or("the file to write is missing")?;
    fs::write(file, serde_json::to_vec(&roads::some(60))?)?;
    Ok(())
}
