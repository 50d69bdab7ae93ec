//! What a record costs in memory: an organisation with its records beside the same one without, as an allocator counts them.
//! `memory SIZE FIGURES`: the file to write to. With the size L comes XL, for which there is a goal.

use std::fs;

use peak_alloc::PeakAlloc;
use serde_json::{Value, json};
use sidelight_bench::Failure;
use sidelight_governance::Governance;
use sidelight_testkit::generate::sized::{Organisation, SEED, Size};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [size, file] = arguments.as_slice() else {
        return Err("usage: memory SIZE FIGURES".into());
    };
    let size = Size::named(size).ok_or_else(|| format!("there is no size `{size}`"))?;
    let mut figures = Vec::new();
    if size == Size::L {
        figures.push(told("XL, without names and fields", Size::XL, Some(40))?);
    }
    let what = format!("{}, with two fields and no names", size.name.to_uppercase());
    figures.push(told(&what, size, None)?);
    fs::write(file, serde_json::to_vec(&figures)?)?;
    Ok(())
}

fn told(what: &str, size: Size, goal: Option<u32>) -> Result<Value, Failure> {
    eprintln!("memory: {what}");
    let (people, _) = held(Size { records: 0, ..size })?;
    let (all, most) = held(size)?;
    let each = |bytes: usize| bytes as f64 / size.records as f64;
    Ok(json!({
        "what": format!("Memory per record, assigned users included ({what})"),
        "bytes": each(all - people),
        "peak": each(most - people),
        "under": goal,
    }))
}

/// Bytes that the loaded organisation holds, and the most that were held while it was loaded. The document is not counted.
fn held(size: Size) -> Result<(usize, usize), Failure> {
    let document = serde_json::to_vec(&Organisation::new(size, SEED))?;
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let governance = Governance::load(&document)?;
    let (after, most) = (ALLOCATOR.current_usage(), ALLOCATOR.peak_usage());
    drop(governance);
    Ok((after - before, most - before))
}
