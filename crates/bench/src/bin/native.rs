//! The native figures of `docs/performance.md`: one decision beside other policy engines, and how answers grow with the
//! organisation. `native SIZE MEMORY FIGURES`: what `memory` wrote, and the file to write to. The figures are the times of
//! each round; `web/bench/report.mjs` tells medians and ratios.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidelight_bench::Failure;
use sidelight_bench::company::{Company, KIND, Pair, first_page, holders};
use sidelight_bench::peers::casbin::Casbin;
use sidelight_bench::peers::cedar::Cedar;
use sidelight_bench::peers::regorus::Regorus;
use sidelight_bench::rounds::{Contestant, median, rounds};
use sidelight_governance::{Action, At, Governance, Sights};
use sidelight_testkit::generate::sized::Size;

const ROUNDS: usize = 15;
const BUDGET: Duration = Duration::from_secs(20);
/// How many questions there are, how many of them a peer is asked in a round, and how many times over anybody is asked.
const QUESTIONS: usize = 2_000;
const OF_PEERS: usize = 500;
const TIMES: usize = 20;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [size, memory, figures] = arguments.as_slice() else {
        return Err("usage: native SIZE MEMORY FIGURES".into());
    };
    let size = Size::named(size).ok_or_else(|| format!("there is no size `{size}`"))?;
    let busy = read("/proc/loadavg");
    let memory: Value = serde_json::from_slice(&fs::read(memory)?)?;

    let small = Company::new(Size::S);
    let governance = small.governance()?;
    let everyone: Vec<&str> = small
        .people
        .users
        .iter()
        .map(|user| user.id.as_str())
        .collect();
    let records = small.organisation.records().take(60);
    let everything: Vec<Pair> = records
        .flat_map(|record| {
            let pair = |viewer: &&str| Pair {
                viewer: (*viewer).to_owned(),
                record: record.clone(),
            };
            everyone.iter().map(pair).collect::<Vec<_>>()
        })
        .collect();
    let mut agreed = Contest::new(&small, &governance, everything)?.agree()?;

    let company = Company::new(size);
    let governance = company.governance()?;
    let viewers = company.viewers();
    let mut contest = Contest::new(&company, &governance, company.pairs(&viewers, QUESTIONS))?;
    agreed += contest.agree()?;
    eprintln!("native: {agreed} decisions agree");
    let decisions = contest.measured();
    let pairs = contest.pairs;

    // Natively there is one larger than the largest for browsers.
    let sizes = Size::GROWING.into_iter();
    let sizes = sizes.filter(|other| other.records <= size.records || size == Size::L);
    let growth = growth(sizes)?;

    let kept = pairs.len() as f64;
    let held: f64 = pairs
        .iter()
        .map(|pair| holders(&pair.record).count() as f64)
        .sum();
    let told = json!({
        "runtime": rustc(),
        "machine": machine(),
        "busy": busy.split(' ').next().and_then(|busy| busy.parse::<f64>().ok()).unwrap_or(0.0),
        "facts": {
            "users": size.users,
            "roles": size.roles,
            "records": size.records,
            "holders": held / kept,
            "held": pairs.len(),
            "agreed": agreed,
            "peers": versions(),
        },
        "figures": [decisions],
        "growth": growth,
        "memory": memory,
    });
    fs::write(figures, serde_json::to_vec(&told)?)?;
    Ok(())
}

/// Everyone who is asked the same questions.
struct Contest<'a> {
    at: At<'a>,
    company: &'a Company,
    pairs: Vec<Pair>,
    cedar: Cedar,
    casbin: Casbin,
    regorus: Regorus,
}

impl<'a> Contest<'a> {
    fn new(
        company: &'a Company,
        governance: &'a Governance,
        pairs: Vec<Pair>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            at: governance.at(Company::now()),
            cedar: Cedar::new(company, &pairs)?,
            casbin: Casbin::new(company, &pairs)?,
            regorus: Regorus::new(company, &pairs)?,
            company,
            pairs,
        })
    }

    /// Asserts that all answer every question as a plain look-up does. Gives how many were asked.
    fn agree(&mut self) -> Result<usize, Failure> {
        let sees = |Pair { viewer, record }: &Pair| {
            let reached = self.company.reached(viewer);
            holders(record).any(|holder| reached.contains(holder))
        };
        let expected: Vec<bool> = self.pairs.iter().map(sees).collect();
        let allowed = expected.iter().filter(|allowed| **allowed).count();
        // Peers that all refuse agree as well.
        if allowed * 8 < expected.len() || allowed == expected.len() {
            return Err(format!("{allowed} of {} are allowed", expected.len()).into());
        }
        let given = [
            (
                "Sidelight",
                Numbered::new(self.at, &self.pairs)
                    .answers(self.at)
                    .collect(),
            ),
            (
                "Sidelight, by ids",
                answers(self.at, &self.pairs).collect::<Vec<_>>(),
            ),
            ("cedar-policy", self.cedar.answers().collect()),
            ("casbin", self.casbin.answers().collect()),
            ("regorus", self.regorus.answers().collect()),
        ];
        for (name, given) in given {
            if given != expected {
                return Err(format!("{name} answers differently").into());
            }
        }
        Ok(expected.len())
    }

    fn measured(&mut self) -> Value {
        let Self {
            at,
            pairs,
            cedar,
            casbin,
            regorus,
            ..
        } = self;
        let units = OF_PEERS.min(pairs.len());
        let mut numbered = Numbered::new(*at, pairs);
        let mut contestants = [
            Contestant::new(TIMES * pairs.len(), || {
                over(|| allowed(numbered.answers(*at)))
            }),
            Contestant::new(TIMES * pairs.len(), || {
                over(|| allowed(answers(*at, pairs)))
            }),
            Contestant::new(TIMES * units, || {
                over(|| allowed(cedar.answers().take(units)))
            }),
            Contestant::new(TIMES * units, || {
                over(|| allowed(casbin.answers().take(units)))
            }),
            Contestant::new(TIMES * units, || {
                over(|| allowed(regorus.answers().take(units)))
            }),
        ];
        let times = rounds(ROUNDS, BUDGET, &mut contestants);
        let rows = [
            ("Sidelight", None),
            ("Sidelight, by ids", None),
            ("cedar-policy", Some(300)),
            ("casbin", None),
            ("regorus", None),
        ];
        let rows = rows.iter().zip(times).map(|((name, goal), times)| {
            eprintln!("native: one decision, {name}: {:.0} ns", median(&times));
            json!({ "name": name, "goal": goal, "times": times })
        });
        json!({ "what": "`can`, one decision", "unit": "decision", "rows": rows.collect::<Value>() })
    }
}

/// The questions with their ids looked up, as the peers' requests are made before they are timed.
struct Numbered {
    pairs: Vec<(u32, u32)>,
    sights: Sights,
}

impl Numbered {
    fn new(at: At<'_>, pairs: &[Pair]) -> Self {
        let governance = at.governance();
        // What has no number is asked about by one that is nothing's.
        let pair = |Pair { viewer, record }: &Pair| {
            let record = governance.record_number(KIND, &record.id);
            (
                governance.user_number(viewer).unwrap_or(u32::MAX),
                record.unwrap_or(u32::MAX),
            )
        };
        Self {
            pairs: pairs.iter().map(pair).collect(),
            sights: Sights::default(),
        }
    }

    fn answers(&mut self, at: At<'_>) -> impl Iterator<Item = bool> {
        let Self { pairs, sights } = self;
        pairs.iter().map(move |&(viewer, record)| {
            let can = sights.can(at, viewer, Action::View, KIND, record);
            can.unwrap_or(false)
        })
    }
}

fn answers<'a>(at: At<'a>, pairs: &'a [Pair]) -> impl Iterator<Item = bool> + 'a {
    let can =
        move |Pair { viewer, record }: &Pair| at.can(viewer, Action::View, KIND, Some(&record.id));
    pairs.iter().map(move |pair| can(pair).unwrap_or(false))
}

/// The same questions, time after time.
fn over(mut turn: impl FnMut() -> usize) -> usize {
    let mut count = 0;
    for _ in 0..TIMES {
        count += turn();
    }
    count
}

fn allowed(answers: impl Iterator<Item = bool>) -> usize {
    answers.filter(|allowed| *allowed).count()
}

/// How many reasons the explanations have.
fn explained(at: At<'_>, pairs: &[Pair]) -> usize {
    let explain =
        |Pair { viewer, record }: &Pair| at.explain(viewer, Action::View, KIND, Some(&record.id));
    let reasons = pairs.iter().filter_map(|pair| explain(pair).ok());
    reasons
        .map(|told| told.grants.len() + told.obstacles.len())
        .sum()
}

/// How long answers take on organisations of growing size, which take turns.
fn growth(sizes: impl Iterator<Item = Size>) -> Result<Value, Failure> {
    let companies: Vec<Company> = sizes.map(Company::new).collect();
    let mut loaded = Vec::new();
    for company in &companies {
        eprintln!("native: loading {}", company.size.name);
        loaded.push(company.governance()?);
    }
    let asked: Vec<_> = companies
        .iter()
        .zip(&loaded)
        .map(|(company, governance)| {
            let at = governance.at(Company::now());
            let pairs = company.pairs(&company.viewers(), QUESTIONS);
            let answers: Vec<bool> = answers(at, &pairs).collect();
            let (seen, unseen): (Vec<_>, Vec<_>) = pairs
                .iter()
                .cloned()
                .zip(answers)
                .partition(|(_, sees)| *sees);
            let explained = |pairs: Vec<(Pair, bool)>| {
                let pairs: Vec<Pair> = pairs.into_iter().map(|(pair, _)| pair).collect();
                let started = Instant::now();
                explained(at, pairs.get(..1).unwrap_or_default());
                // A turn on the largest one is to end soon as well.
                let affordable = Duration::from_millis(100).div_duration_f64(started.elapsed());
                let count = (affordable as usize).clamp(1, 100);
                pairs.into_iter().take(count).collect::<Vec<_>>()
            };
            let (seen, unseen) = (explained(seen), explained(unseen));
            (at, company.viewer_reaching(0.4), pairs, seen, unseen)
        })
        .collect();
    let mut lines = Vec::new();
    let mut measure = |what: &str, contestants: Vec<Contestant<'_>>| {
        let mut contestants = contestants;
        let times = rounds(ROUNDS, BUDGET, &mut contestants);
        let medians: Vec<_> = times
            .iter()
            .map(|times| format!("{:.0} ns", median(times)))
            .collect();
        eprintln!("native: {what}: {}", medians.join(", "));
        lines.push(json!({ "what": what, "times": times }));
    };
    measure(
        "`can`",
        asked
            .iter()
            .map(|(at, _, pairs, ..)| Contestant::new(pairs.len(), || allowed(answers(*at, pairs))))
            .collect(),
    );
    measure(
        "`explain`, allowed",
        asked
            .iter()
            .map(|(at, _, _, seen, _)| Contestant::new(seen.len(), move || explained(*at, seen)))
            .collect(),
    );
    measure(
        "`explain`, refused",
        asked
            .iter()
            .map(|(at, .., unseen)| Contestant::new(unseen.len(), move || explained(*at, unseen)))
            .collect(),
    );
    measure(
        "`visible`, the first 50",
        asked
            .iter()
            .map(|(at, viewer, ..)| {
                let query = first_page();
                Contestant::new(1, move || {
                    at.visible(viewer, KIND, &query)
                        .map_or(0, |page| page.ids.len())
                })
            })
            .collect(),
    );
    let sizes = companies
        .iter()
        .map(|Company { size, .. }| json!({ "name": size.name, "records": size.records }));
    Ok(json!({ "sizes": sizes.collect::<Value>(), "lines": lines }))
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn machine() -> String {
    let processors = read("/proc/cpuinfo");
    let models = processors
        .lines()
        .filter(|line| line.starts_with("model name"));
    let model = models
        .clone()
        .next()
        .and_then(|line| line.split(": ").nth(1));
    format!(
        "{} × {}",
        models.count().max(1),
        model.unwrap_or("processor")
    )
}

fn rustc() -> String {
    let said = Command::new("rustc").arg("--version").output();
    said.map_or_else(
        |_| "rustc".to_owned(),
        |said| String::from_utf8_lossy(&said.stdout).trim().to_owned(),
    )
}

/// The peers' versions, as they are locked.
fn versions() -> String {
    let lock = include_str!("../../../../Cargo.lock");
    let version = |name: &str| {
        let entry = format!("name = \"{name}\"\nversion = \"");
        let version = lock
            .split(&entry)
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        format!("{name} {}", version.unwrap_or("?"))
    };
    ["cedar-policy", "casbin", "regorus"]
        .map(version)
        .join(", ")
}
