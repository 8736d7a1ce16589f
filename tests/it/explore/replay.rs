//! What the environment does to a search, in processes of their own.

use std::{
    cell::Cell,
    process::{Command, Output},
    rc::Rc,
};

use unplugged::{
    Sim,
    clock::{ClockExt, millis},
    explore,
};

/// Set for the fixtures below, which pass without it.
const ARMED: &str = "TEST_FIXTURE_FAILS";

fn is_armed() -> bool {
    std::env::var_os(ARMED).is_some()
}

#[test]
fn a_fixture_over_seeds() {
    let explored = explore::seeds(0..40, async |sim: Sim| {
        let drawn = sim.rng("fixture").next_u64();
        assert!(!is_armed() || drawn % 8 != 5, "drew {drawn}");
    });
    explored.assert_cases(40);
}

#[test]
fn a_fixture_over_cancellations() {
    let explored = explore::cancellations(
        |sim: &Sim| {
            let (done, clock) = (Rc::new(Cell::new(0)), sim.clock());
            let seen = Rc::clone(&done);
            let steps = async move {
                for step in 1..=4 {
                    clock.sleep(millis(1)).await;
                    done.set(step);
                }
            };
            (steps, seen)
        },
        async |_sim, done, _output| assert!(!is_armed() || done.get() != 2, "stopped at 2"),
    );
    explored.assert_cases(6);
}

/// Runs one test of this binary, alone.
fn run(test: &str, environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).envs(environment.iter().copied()).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).unwrap()
}

/// The lines of a report between its first and its replay line, and the latter.
fn report(output: &Output, first: &str) -> (String, String) {
    let text = text(output);
    assert_eq!(output.status.code(), Some(101), "{text}");
    let from = text.find(first).unwrap_or_else(|| panic!("no {first:?} in:\n{text}"));
    let (report, rest) = text[from..].split_once("\n  replay   ").expect("a replay line");
    (report.to_owned(), rest.lines().next().unwrap().to_owned())
}

/// Executes a printed line.
fn execute(line: &str) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).env(ARMED, "1").current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

#[test]
fn a_printed_line_runs_the_failing_seed_alone() {
    let test = "explore::replay::a_fixture_over_seeds";
    let found = run(test, &[(ARMED, "1")]);
    let (found, line) = report(&found, "explore::seeds: seed ");
    assert!(found.contains(", after "), "{found}");
    let again = execute(&line);
    let (again, line_again) = report(&again, "explore::seeds: seed ");
    assert_eq!(line_again, line);
    let (first, facts) = found.split_once('\n').unwrap();
    let (first_again, facts_again) = again.split_once('\n').unwrap();
    assert_eq!(facts_again, facts);
    assert_eq!(first_again, first.split_once(", after").unwrap().0);
}

/// What a search over seeds 0 to 39 says of how many it ran.
fn searched(search: &str) -> String {
    let output = run("explore::replay::a_fixture_over_seeds", &[("UNPLUGGED_SEARCH", search)]);
    let text = text(&output);
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("explore::seeds: "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_search_is_limited_widened_and_shared() {
    assert_eq!(searched("10"), "10 seeds, 1 distinct run passed");
    assert_eq!(searched("100"), "100 seeds, 1 distinct run passed");
    assert_eq!(searched("100,3/8"), "13 seeds, 1 distinct run passed");
    assert_eq!(searched("1000..1005"), "5 seeds, 1 distinct run passed");
}

#[test]
fn a_fixture_that_tells_its_seeds() {
    explore::seeds(0..40, async |sim: Sim| eprintln!("ran seed {}", sim.seed().value()));
}

/// The seeds of 0 to 39 that machines run which are told so, in order.
fn ran(machines: &[&str]) -> Vec<u64> {
    let texts = machines.iter().map(|search| {
        text(&run("explore::replay::a_fixture_that_tells_its_seeds", &[("UNPLUGGED_SEARCH", search)]))
    });
    let mut seeds: Vec<u64> = texts
        .flat_map(|text| {
            let lines = text.lines().filter_map(|line| line.trim().strip_prefix("ran seed "));
            lines.map(|seed| seed.parse().unwrap()).collect::<Vec<_>>()
        })
        .collect();
    seeds.sort_unstable();
    seeds
}

#[test]
fn the_parts_of_a_range_on_several_machines_are_all_of_it_and_each_seed_is_in_one() {
    let whole: Vec<u64> = (0..40).collect();
    assert_eq!(ran(&["40"]), whole);
    assert_eq!(ran(&["1/2", "2/2"]), whole);
    assert_eq!(ran(&["40,1/3", "40,2/3", "40,3/3"]), whole);
    assert_eq!(ran(&["0..15", "15..40"]), whole);
    assert_eq!(ran(&["0..40,1/2"]), (0..40).step_by(2).collect::<Vec<_>>());
}

#[test]
fn a_share_of_nothing_is_refused() {
    let output = run("explore::replay::a_fixture_over_seeds", &[("UNPLUGGED_SEARCH", "2,3/8")]);
    assert!(text(&output).contains("explore::seeds: there is no seed to run\n"), "{}", text(&output));
    assert_eq!(output.status.code(), Some(101));
}

#[test]
fn a_variable_that_says_nothing_is_refused() {
    for (variable, value, error) in [
        (
            "UNPLUGGED_SEARCH",
            "many",
            "\"many\" is none of `10000`, `5000..6000`, `3/8`, each once, with a comma between",
        ),
        (
            "UNPLUGGED_SEED",
            "many",
            "\"many\" is not a seed: write a number up to 64 bits, as 24301 or as 0x5eed",
        ),
    ] {
        let output = run("explore::replay::a_fixture_over_seeds", &[(variable, value)]);
        assert_eq!(output.status.code(), Some(101));
        let expected = format!("explore::seeds: {variable}: {error}\n");
        assert!(text(&output).contains(&expected), "{}", text(&output));
    }
}

#[test]
fn a_printed_line_runs_the_failing_case_alone() {
    let found = run("explore::replay::a_fixture_over_cancellations", &[(ARMED, "1")]);
    let first = "explore::cancellations: case 5 of 6 fails: dropped in wait 3: timer, due at +3ms, made at ";
    let found = report(&found, first);
    assert!(found.1.contains("UNPLUGGED_CASE=5 "), "{}", found.1);
    assert_eq!(report(&execute(&found.1), first), found);
}

#[test]
fn a_case_that_passes_runs_alone_too() {
    for case in ["1", "6"] {
        let output = run("explore::replay::a_fixture_over_cancellations", &[("UNPLUGGED_CASE", case)]);
        assert!(text(&output).contains("explore::cancellations: 1 case passed\n"), "{}", text(&output));
        assert!(output.status.success());
    }
}

#[test]
fn a_case_that_does_not_exist_is_refused() {
    for (case, text_of) in
        [("7", "there is no case 7: the last is 6"), ("0", "there is no case 0: the last is 6")]
    {
        let output = run("explore::replay::a_fixture_over_cancellations", &[("UNPLUGGED_CASE", case)]);
        let expected = format!(
            "explore::cancellations: {text_of}\n  \
             next     unset `UNPLUGGED_CASE`; it counts for each search, so let a test hold one of them\n"
        );
        assert!(text(&output).contains(&expected), "{}", text(&output));
        assert_eq!(output.status.code(), Some(101));
    }
}

#[test]
fn one_thread_for_all_tests_still_names_the_test() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "explore::replay::a_fixture_over_seeds", "--nocapture", "--test-threads=1"]);
    let output = command.env(ARMED, "1").output().unwrap();
    let (_, line) = report(&output, "explore::seeds: seed ");
    assert!(line.ends_with(" --exact explore::replay::a_fixture_over_seeds"), "{line}");
}

#[test]
fn a_failing_search_tells_its_failure_once() {
    for (test, first) in [
        ("explore::replay::a_fixture_over_seeds", "explore::seeds: seed "),
        ("explore::replay::a_fixture_over_cancellations", "explore::cancellations: case 5 "),
    ] {
        let text = text(&run(test, &[(ARMED, "1"), ("RUST_BACKTRACE", "0")]));
        assert_eq!(text.matches(" panicked at ").count(), 1, "{text}");
        assert_eq!(text.matches("\n  failure  ").count(), 1, "{text}");
        assert_eq!(text.matches("\n  now      ").count(), 1, "{text}");
        assert!(text.contains(&format!("\n{first}")) && !text.contains("the sim in which"), "{text}");
    }
}

/// Where the process ends before there is a report, the panics that were not printed are.
#[test]
fn a_fixture_that_panics_while_it_unwinds() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            assert!(!is_armed(), "in the drop");
        }
    }
    explore::seeds([1], async |_sim| {
        let _bad = Bad;
        assert!(!is_armed(), "in the body");
    });
}

#[test]
fn panics_that_end_the_process_are_told() {
    let output = run(
        "explore::replay::a_fixture_that_panics_while_it_unwinds",
        &[(ARMED, "1"), ("RUST_BACKTRACE", "0")],
    );
    let text = text(&output);
    assert!(!output.status.success() && output.status.code() != Some(101), "{output:?}");
    for told in ["\nin the body\n", "\nin the drop\n", "panic in a destructor during cleanup"] {
        assert!(text.contains(told), "{text}");
    }
}

/// A reader who asks for backtraces gets that of the case.
#[test]
fn a_backtrace_of_a_case_is_printed_on_request() {
    let output =
        run("explore::replay::a_fixture_over_cancellations", &[(ARMED, "1"), ("RUST_BACKTRACE", "1")]);
    assert!(text(&output).contains("stopped at 2\nstack backtrace:\n"), "{}", text(&output));
}
