//! What the project holds itself to, one row for each promise: what is asked, which tests show it, what was reached when they
//! were run, and what turns them red. docs/TRUST.md is made from this table (`tests/it/docs/trust.rs` includes this file,
//! so nothing here imports anything of ours), and `cargo trust ID` runs a row.

/// How a promise is shown.
#[derive(Clone, Copy, Debug)]
pub enum Shown {
    /// By the simulation (`trust/sim`).
    Simulation,
    /// By streams of bytes at a hub (`trust/fuzz/streams`), in a process that does nothing else.
    Streams,
    /// By tests of the crate itself whose names have this in them, with these variables set.
    Unit(&'static str, &'static [(&'static str, &'static str)]),
    /// By tests of `tests/it` whose names have this in them, with these variables set.
    EndToEnd(&'static str, &'static [(&'static str, &'static str)]),
    /// By a script of the repository, from its top.
    Script(&'static str),
    /// By this benchmark, which prints it.
    Bench(&'static str),
    /// By nothing yet.
    Nothing,
}

/// One promise, as a row of docs/TRUST.md.
#[derive(Clone, Copy, Debug)]
pub struct Promise {
    pub id: &'static str,
    pub asked: &'static str,
    pub shown: Shown,
    /// What was reached, when and where.
    pub reached: &'static str,
    /// What makes it fail on purpose; empty if nothing does.
    pub sabotage: &'static str,
}

impl Shown {
    /// The command that shows it; `None` if nothing does.
    #[must_use]
    pub fn command(&self) -> Option<String> {
        let (target, filter, variables) = match self {
            Self::Simulation => return Some("cargo trust sim --seeds 2000".to_owned()),
            Self::Streams => return Some("cargo trust W1".to_owned()),
            Self::Unit(filter, variables) => ("--lib", filter, variables),
            Self::EndToEnd(filter, variables) => ("--test it", filter, variables),
            Self::Script(script) => return Some((*script).to_owned()),
            Self::Bench(bench) => return Some(format!("cargo bench --bench {bench}")),
            Self::Nothing => return None,
        };
        let set = variables
            .iter()
            .fold(String::new(), |set, (name, value)| set + name + "=" + value + " ");
        Some(format!("{set}cargo test {target} {filter}"))
    }
}

const fn row(
    id: &'static str,
    asked: &'static str,
    shown: Shown,
    reached: &'static str,
    sabotage: &'static str,
) -> Promise {
    Promise { id, asked, shown, reached, sabotage }
}

use Shown::{Bench, EndToEnd, Nothing, Script, Simulation, Streams, Unit};

/// All promises, in the order of docs/TRUST.md. The simulation comes first.
#[rustfmt::skip]
pub const ALL: &[Promise] = &[
    row("L6", "all invariants hold after every step of 2,000 seeds of 500 steps: random commands, clocks that jump, crashes, \
        two hubs on one log, slow feeds, networks that lie", Simulation, "101 seeds of 500 steps and 100 of 80: nothing failed (2026-11-30, 2 cores, debug build; 2,000 seeds were not played yet)",
        "15 switches, each of which turns its invariant red in `cargo test --lib sim`"),

    row("T1", "no forbidden character reaches the terminal from any pane", EndToEnd("no_forbidden_byte", &[]), "all strings through every pane in 50 s, nothing forbidden (2026-11-30, 2 cores, debug build)",
        "`the_judge_knows_right_from_wrong` shows that the judge would see one"),
    row("T2", "only text that was made safe is drawn", EndToEnd("only_safe_text_is_drawn", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("T3", "the size of a frame is bounded for any text", EndToEnd("no_forbidden_byte", &[]), "all strings through every pane in 50 s, nothing forbidden (2026-11-30, 2 cores, debug build)", ""),
    row("T4", "what is hostile leaves the cells beside it as they are", EndToEnd("hostile_name_stay", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("T5", "honest text of many languages arrives byte for byte", EndToEnd("honest_text", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("T6", "whatever is taken away leaves a mark", EndToEnd("leaves_a_mark", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("T7", "text is made safe at 30 MB/s", Bench("hub"), "70 MB/s (docs/PERFORMANCE.md, release build)", ""),
    row("T8", "a real terminal agrees", Script("tests/terminal/setup.sh"), "217 strings to a console in tmux: title, modes, clipboard, keys and the way out are as they were (2026-11-30, 2 cores, debug build)", ""),
    row("T9", "what goes into files and pipes is safe too", Unit("formula", &[]), "passes for tables: no cell begins a formula; lines for programs are not shown (2026-11-30, 2 cores, debug build)", ""),

    row("W1", "10,000 malformed streams of bytes: nothing falls, no connection lasts a second, and memory grows by less than 16 MiB",
        Streams, "passes: 10,000 streams of 5 MB, the longest in 69 ms, memory grew by 8 KiB (2026-11-30, 2 cores, debug build)",
        "a thread that falls and a connection that stays, which `cargo test --lib w1` sees; `cargo test --lib corpus` throws what was found before"),
    row("W2", "1,000 calls at once with wrong credentials let nobody in", Unit("r_auth_1", &[]), "passes for each kind of wrong key, and for 1,000 at once while good calls are answered (2026-11-30, 2 cores, debug build)", ""),
    row("W3", "an expired token ends its streams after a minute", Unit("r_token_2", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("W4", "200 feeds that read nothing cost less than 64 MiB", EndToEnd("r_feed_3_feeds_that_nobody_reads", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("W5", "a dead consumer is given up within 45 s", Unit("a_consumer_that_is_gone", &[]), "passes, by the hub's clock (2026-11-30, 2 cores, debug build)", ""),
    row("W6", "a feed over a line that keeps breaking is complete, in order and without a duplicate",
        EndToEnd("a_feed_over_a_breaking_line_is_complete", &[]), "passes (2026-11-30, 2 cores, debug build)", "the switch `feed-skips` of L6"),
    row("W7", "a cursor that cannot be used gets one gap with its reason", EndToEnd("r_feed_2_a_restored_copy", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("W8", "200 clients come back after a restart without a storm", Unit("r_conn_2_a_thousand_clients", &[]), "passes for the waits of 1,000 clients, computed; a restart under them is not shown (2026-11-30, 2 cores, debug build)", ""),
    row("W9", "what is too large is refused and the connection stays", Unit("r_grpc_2", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("W10", "every call ends by its deadline", Unit("r_grpc_3_the_caller_s_own_deadline", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("W11", "a hub that stops is gone in time, with every stream told", Unit("r_conn_1_streams_end", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),

    row("L1", "200 times `kill -9` under load: nothing acknowledged is lost, nothing is done twice",
        EndToEnd("what_was_acknowledged_survives_kill_9", &[("SWITCHBOARD_KILLS", "200")]), "200 kills in 249 s: 27,434 acknowledged, none lost or doubled (2026-11-30, 2 cores, busy, debug build)", "the switches `ack-before-commit` and `dedupe-off` of L6"),
    row("L2", "500 power cuts lose nothing that was acknowledged", EndToEnd("l2_", &[("SWITCHBOARD_CUTS", "500")]), "100 cuts in 38 s, 11,743 writes taken back, none of 7,086 acknowledged ones lost (2026-11-30, 2 cores, debug build); 500 were not run",
        "`l2_without_syncs_a_power_cut_loses` shows that the rig takes away what was not synced"),
    row("L3", "a full disk stores nothing, says so, and is over when there is room", Unit("a_full_disk_stores_nothing", &[]), "passes for a file that cannot grow; failing reads, writes and syncs of a disk are not shown (2026-11-30, 2 cores, debug build)", ""),
    row("L4", "a flipped bit of the log is refused or harmless, never silently wrong",
        Unit("a_flipped_bit_of_the_log", &[("FLIPS", "200")]), "200 bits in 20 s, none silently wrong (2026-11-30, 2 cores, debug build)", ""),
    row("L5", "the World from the beginning, from what is stored, and live is the same", Simulation, "101 seeds of 500 steps and 100 of 80: nothing failed (2026-11-30, 2 cores, debug build; 2,000 seeds were not played yet)",
        "the switches `stale-world` and `money-folded-twice` of L6"),
    row("L7", "a backup under full load is a beginning of the log, byte for byte",
        EndToEnd("a_backup_under_full_load", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("L10", "what an org does not keep goes out of its log while the hub serves, and everything else is as before",
        Unit("r_keep", &[]), "passes (2026-11-30, 2 cores, debug build); 1 GiB in 36 s beside 9,007 writes, p99 4.6 ms, longest 176 ms (`cargo bench --bench prune`)", ""),
    row("L8", "a cluster survives the loss of a machine", Nothing, "not shown: there is no cluster", ""),
    row("L9", "the hub says what an entry survives", Unit("r_see_4", &[]), "passes for a hub in memory, and `cargo test --test it status` for one on a disk; there is no `strict` (2026-11-30, 2 cores, debug build)", ""),

    row("M1", "the books balance after each of 1,000,000 operations",
        Unit("m1_m6_the_books_balance", &[("SWITCHBOARD_OPERATIONS", "1000000")]), "1,000,000 operations in 269 s (2026-11-30, 2 cores, busy, debug build)", "the switch `money-folded-twice` of L6"),
    row("M2", "64 clients cannot overdraw a purse", Unit("m2_64_clients", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("M3", "a payment is booked once however often it is sent and the hub dies", EndToEnd("m3_a_payment", &[]), "passes (2026-11-30, 2 cores, debug build)",
        "the switch `dedupe-off` of L6"),
    row("M4", "a payment ends once and is reversed at most once", Unit("m4_a_payment", &[]), "passes (2026-11-30, 2 cores, debug build)",
        "the switch `payment-forgotten` of L6"),
    row("M5", "amounts are exact from the wire and back", Unit("r_cash_1", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("M6", "merges of customers neither make nor lose money", Unit("m6_adoptions_conserve_money", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),

    row("H1", "no storm of keys sends what no sheet has confirmed", Unit("storm", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("H2", "what arrives never changes for whom a sheet is", Unit("r_console_2", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("H3", "an unknown outcome stays unknown until the same key is asked again",
        EndToEnd("an_unknown_outcome_is_settled", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("H4", "the terminal is given back after a panic and after signals", EndToEnd("terminal", &[]), "passes, 42 s with all tests of that name (2026-11-30, 2 cores, debug build)", ""),
    row("H5", "what is pasted is text and never a key", Unit("a_paste_is", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),

    row("S1", "secrets placed everywhere are found nowhere", EndToEnd("s1_secrets", &[]), "passes for keys and tokens in the log at `trace`, arguments, outputs and every file; panics and dumps of memory are not shown (2026-11-30, 2 cores, debug build)", ""),
    row("S2", "files are private also under an open umask", EndToEnd("open_umask", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
    row("S3", "every call with every id of another org is answered as if it did not exist", Unit("s3_", &[]), "192 calls, each way to an id in each request (2026-11-30, 2 cores, debug build)", ""),
    row("S4", "an org far above its quota slows nobody else", Bench("overload"), "p99 1.92 times that alone beside 10,700 calls a second of which 1,246 are granted, on one processor for the hub (2026-11-30, 2 cores)", ""),
    row("S5", "a hub with five times its load keeps its goodput", Bench("overload"), "0.95 of the peak and p99 287 ms with 1,920 calls at once; 0.79 and p99 1.0 s with 7,680 at once, seen from a client that has one busy processor too; it takes calls again after 3 ms (2026-11-30, 2 cores)", ""),
    row("S6", "a value has one holder at a time, also across `kill -9`", EndToEnd("d_lease", &[]), "passes (2026-11-30, 2 cores, debug build)",
        "the switch `lease-forgotten` of L6"),
    row("S7", "a reminder fires once and never early, also across `kill -9`", EndToEnd("r_rem_2", &[]), "passes (2026-11-30, 2 cores, debug build)",
        "the switch `reminder-forgotten` of L6"),
    row("S8", "no dependency has a known hole", Script(".ci/deny"), "none, by the advisories of 2026-08-21 (2026-11-30)",
        "a crate with a known hole in Cargo.lock, such as h2 0.4.5"),

    row("C1", "where a network must not be given a text twice, nobody gets one twice across 200 times `kill -9`",
        EndToEnd("r_carry_2", &[("SWITCHBOARD_KILLS", "200")]), "12 kills for each setting in 4 s (2026-11-30, 2 cores, debug build); 200 were not run", "the switches `handed-over-again` and `liar-believed` of L6"),
    row("C2", "a message by tag reaches everyone once across `kill -9`", EndToEnd("work_by_tag_reaches_everyone", &[]), "passes (2026-11-30, 2 cores, debug build)", ""),
];
