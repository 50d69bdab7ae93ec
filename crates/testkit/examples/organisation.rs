//! Writes organisations of the named sizes into a folder, for the benchmarks in JavaScript, and prints the path of each.
//!
//! A file's name tells size, seed and generator, so that one which is there already need not be written again.

use std::error::Error;
use std::fs::{self, File};
use std::hash::Hasher;
use std::io::BufWriter;
use std::path::Path;

use sidelight_testkit::generate::sized::{Organisation, SEED, Size};
use twox_hash::XxHash64;

const GENERATOR: &str = include_str!("../src/generate/sized.rs");

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .ok_or("the folder to write to is missing")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    for name in arguments {
        let size = Size::named(&name).ok_or_else(|| format!("there is no size `{name}`"))?;
        let mut hash = XxHash64::with_seed(SEED);
        hash.write(format!("{size:?}").as_bytes());
        hash.write(GENERATOR.as_bytes());
        let path = folder.join(format!("{name}-{:016x}.json", hash.finish()));
        if !path.is_file() {
            // Appears whole or not at all.
            let partial = path.with_extension(format!("{}.partial", std::process::id()));
            serde_json::to_writer(
                BufWriter::new(File::create(&partial)?),
                &Organisation::new(size, SEED),
            )?;
            fs::rename(&partial, &path)?;
        }
        println!("{}", path.display());
    }
    Ok(())
}
