//! Every operation on every size and shape: `cargo bench -p sidelight-bench [-- FILTER]`. Of the sizes, XL takes minutes to
//! load; it takes part where `SIDELIGHT_XL` is set.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{
    BatchSize, BenchmarkGroup, Criterion, SamplingMode, criterion_group, criterion_main,
};
use sidelight_bench::Failure;
use sidelight_bench::company::{Company, KIND, Pair, first_page, sorted_page};
use sidelight_governance::{Action, Governance, PredictOptions};
use sidelight_testkit::generate::sized::Size;

criterion_group!(benches, operations);
criterion_main!(benches);

fn operations(criterion: &mut Criterion) {
    let mut sizes = vec![Size::S, Size::M, Size::L];
    if std::env::var_os("SIDELIGHT_XL").is_some() {
        sizes.push(Size::XL);
    }
    for size in sizes.into_iter().chain(Size::HOSTILE) {
        let mut group = criterion.benchmark_group(size.name);
        group
            .sample_size(10)
            .sampling_mode(SamplingMode::Flat)
            .warm_up_time(Duration::from_millis(100))
            .measurement_time(Duration::from_millis(500));
        if let Err(failure) = measured(&mut group, size) {
            eprintln!("{}: {failure}", size.name);
            std::process::exit(1);
        }
        group.finish();
    }
}

fn measured(group: &mut BenchmarkGroup<'_, WallTime>, size: Size) -> Result<(), Failure> {
    let company = Company::new(size);
    let document = company.document()?;
    let mut governance = Governance::load(&document)?;
    let at = governance.at(Company::now());
    let pairs = company.pairs(&company.viewers(), 200);
    let sees = |pair: &Pair| at.can(&pair.viewer, Action::View, KIND, Some(&pair.record.id));
    let mut answers = Vec::new();
    for pair in &pairs {
        answers.push(sees(pair)?);
    }
    let of = |answer: bool| {
        pairs
            .iter()
            .zip(&answers)
            .find(|(_, sees)| **sees == answer)
    };
    let (Some((seen, _)), Some((unseen, _))) = (of(true), of(false)) else {
        return Err("all answers are the same".into());
    };
    let ids: Vec<&str> = pairs.iter().map(|pair| pair.record.id.as_str()).collect();
    let (wide, narrow) = (company.viewer_reaching(0.4), company.viewer_reaching(0.02));
    let [assign, unassign] = company.assignment().ok_or("nobody can be assigned")?;
    let moved = company
        .move_of_role_with(500)
        .ok_or("no role can be moved")?;
    let slice = at.slice(narrow)?;

    group.bench_function("can", |timed| {
        let mut next = pairs.iter().cycle();
        timed.iter(|| next.next().map(&sees));
    });
    group.bench_function("can_many, 200", |timed| {
        timed.iter(|| at.can_many(wide, Action::View, KIND, &ids));
    });
    for (name, Pair { viewer, record }) in
        [("explain, allowed", seen), ("explain, refused", unseen)]
    {
        group.bench_function(name, |timed| {
            timed.iter(|| at.explain(viewer, Action::View, KIND, Some(&record.id)));
        });
    }
    group.bench_function("visible, the first 50", |timed| {
        timed.iter(|| at.visible(wide, KIND, &first_page()));
    });
    if size.has_fields {
        group.bench_function("visible, the first 50 filtered and sorted", |timed| {
            timed.iter(|| at.visible(wide, KIND, &sorted_page()));
        });
    }
    for (name, viewer) in [
        ("visible_indices, wide", wide),
        ("visible_indices, narrow", narrow),
    ] {
        group.bench_function(name, |timed| {
            timed.iter(|| at.visible_indices(viewer, KIND, Action::View));
        });
    }
    group.bench_function("viewers", |timed| {
        timed.iter(|| at.viewers(KIND, &seen.record.id, Action::View));
    });
    for (name, change) in [
        ("predict, one assignment", &assign),
        ("predict, move of a role", &moved),
    ] {
        let options = PredictOptions::default();
        group.bench_function(name, |timed| {
            timed.iter(|| at.predict(std::slice::from_ref(change), &options));
        });
    }
    group.bench_function("slice, narrow", |timed| timed.iter(|| at.slice(narrow)));
    group.bench_function("load of a slice", |timed| {
        timed.iter_with_large_drop(|| Governance::load(&slice));
    });
    group.bench_function("apply", |timed| {
        let mut changes = [[assign.clone()], [unassign.clone()]].into_iter().cycle();
        timed.iter_batched(
            || changes.next(),
            |change| change.map(|change| governance.apply(black_box(&change))),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("load", |timed| {
        timed.iter_with_large_drop(|| Governance::load(&document));
    });
    Ok(())
}
