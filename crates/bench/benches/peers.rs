//! One decision beside other policy engines, each asked the same questions:
//! `cargo bench -p sidelight-bench --features peers --bench peers`. Those of every engine are asserted to agree before
//! anything is timed by `cargo xtask bench native`, and here as well.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sidelight_bench::Failure;
use sidelight_bench::company::{Company, KIND, Pair, holders};
use sidelight_bench::peers::casbin::Casbin;
use sidelight_bench::peers::cedar::Cedar;
use sidelight_bench::peers::regorus::Regorus;
use sidelight_governance::Action;
use sidelight_testkit::generate::sized::Size;

criterion_group!(benches, peers);
criterion_main!(benches);

fn peers(criterion: &mut Criterion) {
    for size in [Size::S, Size::M, Size::L] {
        if let Err(failure) = measured(criterion, size) {
            eprintln!("{}: {failure}", size.name);
            std::process::exit(1);
        }
    }
}

fn measured(criterion: &mut Criterion, size: Size) -> Result<(), Failure> {
    let company = Company::new(size);
    let governance = company.governance()?;
    let at = governance.at(Company::now());
    let pairs = company.pairs(&company.viewers(), 200);
    let cedar = Cedar::new(&company, &pairs)?;
    let casbin = Casbin::new(&company, &pairs)?;
    let mut regorus = Regorus::new(&company, &pairs)?;
    let can = |Pair { viewer, record }: &Pair| at.can(viewer, Action::View, KIND, Some(&record.id));
    let sees = |Pair { viewer, record }: &Pair| {
        let reached = company.reached(viewer);
        holders(record).any(|holder| reached.contains(holder))
    };
    let expected: Vec<bool> = pairs.iter().map(sees).collect();
    let ours: Vec<bool> = pairs.iter().map(can).collect::<Result<_, _>>()?;
    let agree = ours == expected
        && cedar.answers().eq(expected.iter().copied())
        && casbin.answers().eq(expected.iter().copied())
        && regorus.answers().eq(expected.iter().copied());
    if !agree {
        return Err("the peers answer differently".into());
    }

    let mut group = criterion.benchmark_group(format!("can, beside others, {}", size.name));
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_secs(1))
        .throughput(Throughput::Elements(200));
    group.bench_function("sidelight", |timed| {
        timed.iter(|| pairs.iter().filter_map(|pair| can(pair).ok()).count())
    });
    group.bench_function("cedar-policy", |timed| {
        timed.iter(|| cedar.answers().count())
    });
    group.bench_function("casbin", |timed| timed.iter(|| casbin.answers().count()));
    group.bench_function("regorus", |timed| timed.iter(|| regorus.answers().count()));
    group.finish();
    Ok(())
}
