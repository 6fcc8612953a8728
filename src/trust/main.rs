//! The binary `trust`: shows what docs/TRUST.md promises. `cargo trust` lists the promises, `cargo trust ID` runs what shows
//! one of them, and `cargo trust sim` plays the simulation. It is built with the feature `trust` only, and so it is no part of
//! what users install.

use clap::{Parser, Subcommand};
use std::{
    io::{self, Write as _},
    process::{Command, ExitCode},
    time::Duration,
};
use switchboard::trust::{
    fuzz::streams::{Thrown, ThrownHub},
    promises::{self, Promise, Shown},
    sim::{Figures, Plan, Sabotage, run},
};

/// Shows that the hub keeps its promises.
#[derive(Parser)]
#[command(name = "trust", args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// The promise to show, by its id in docs/TRUST.md; without one they are listed
    id: Option<String>,
}

#[derive(Subcommand)]
enum What {
    /// Plays seeds of the simulation until one fails
    Sim(SimOptions),
}

#[derive(clap::Args)]
struct SimOptions {
    /// How many seeds to play
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// One seed alone, which plays it again
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// How many steps each has
    #[arg(long, default_value_t = 500)]
    steps: usize,
    /// What is broken on purpose, such as `dedupe-off`
    #[arg(long)]
    sabotage: Option<Sabotage>,
}

fn main() -> io::Result<ExitCode> {
    let args = Args::parse();
    match (args.what, args.id) {
        (Some(What::Sim(sim)), _) => play(&sim),
        (None, Some(id)) => {
            let known = promises::ALL.iter().find(|known| known.id.eq_ignore_ascii_case(&id));
            if let Some(promise) = known {
                return show(promise);
            }
            writeln!(io::stderr(), "no promise {id}; `cargo trust` lists them")?;
            Ok(ExitCode::FAILURE)
        }
        (None, None) => {
            for Promise { id, asked, shown, .. } in promises::ALL {
                let command = shown.command().unwrap_or_else(|| "not shown".to_owned());
                writeln!(io::stdout(), "{id:4} {asked}\n     {command}")?;
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Runs what shows a promise.
fn show(promise: &Promise) -> io::Result<ExitCode> {
    let (target, filter, variables) = match promise.shown {
        Shown::Simulation => {
            let sim = SimOptions { seeds: 2_000, from: 0, seed: None, steps: 500, sabotage: None };
            return play(&sim);
        }
        Shown::Streams => return throw(),
        Shown::Unit(filter, variables) => (&["--lib"][..], filter, variables),
        Shown::EndToEnd(filter, variables) => (&["--test", "it"][..], filter, variables),
        Shown::Bench(bench) => {
            let mut cargo = Command::new("cargo");
            return wait_for(promise, cargo.args(["bench", "--bench", bench]));
        }
        Shown::Script(script) => return wait_for(promise, &mut Command::new(script)),
        Shown::Nothing => {
            writeln!(io::stdout(), "{}: {}. Nothing shows it yet.", promise.id, promise.asked)?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut cargo = Command::new("cargo");
    cargo.arg("test").args(target).arg(filter).envs(variables.iter().copied());
    wait_for(promise, &mut cargo)
}

/// Says what is promised, and runs the command that shows it.
fn wait_for(promise: &Promise, command: &mut Command) -> io::Result<ExitCode> {
    writeln!(io::stdout(), "{}: {}", promise.id, promise.asked)?;
    let status = command.status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How many malformed streams are thrown, how long a connection may last, and how much memory they may take for good.
const STREAMS: usize = 10_000;
const LONGEST: Duration = Duration::from_secs(1);
const GROWN_KIB: u64 = 16 << 10;

/// Throws malformed streams at a hub.
fn throw() -> io::Result<ExitCode> {
    let thrown = ThrownHub::start().and_then(|hub| hub.throw_all(STREAMS, 1));
    let thrown = thrown.and_then(|thrown| {
        let Thrown { longest, grown_kib, .. } = thrown;
        let holds = longest < LONGEST && grown_kib.is_none_or(|grown| grown < GROWN_KIB);
        if holds { Ok(thrown) } else { Err(format!("too slow, or too much memory: {thrown:#?}")) }
    });
    match thrown {
        Ok(thrown) => {
            writeln!(io::stdout(), "the hub stands and answers\n{thrown:#?}")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(why) => {
            writeln!(io::stdout(), "{why}")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Plays seeds one after the other. The first that fails is told as the command that plays it again.
fn play(sim: &SimOptions) -> io::Result<ExitCode> {
    let (steps, sabotage) = (sim.steps, sim.sabotage);
    let seeds = sim.seed.map_or(sim.from..sim.from + sim.seeds, |seed| seed..seed + 1);
    let (mut all, count) = (Figures::default(), seeds.clone().count());
    for seed in seeds {
        match run(Plan { seed, steps, sabotage }) {
            Ok(figures) => all += figures,
            Err((step, found)) => {
                let mut out = io::stdout();
                for violation in found {
                    let name: &str = violation.invariant.into();
                    writeln!(out, "{name}: {}", violation.what)?;
                }
                let broken = sabotage.map(|sabotage| {
                    let name: &str = sabotage.into();
                    format!(" --sabotage {name}")
                });
                let broken = broken.unwrap_or_default();
                writeln!(
                    out,
                    "in step {step}: cargo trust sim --seed {seed} --steps {steps}{broken}"
                )?;
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    writeln!(io::stdout(), "{count} seeds of {steps} steps: all invariants hold\n{all:#?}")?;
    Ok(ExitCode::SUCCESS)
}
