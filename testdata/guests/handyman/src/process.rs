//! Processes and signals: `spawn COMMAND ARGUMENT…`, `wait PID` and so on, each
//! after the function that it calls. Among the arguments of `spawn`, `dir=PATH`,
//! `env=NAME=value` and `with=inherit,stdout,stderr,stdin` are options.

use crate::airssys::ext_process::types::*;
use crate::airssys::ext_process::{lifecycle, signals};
use crate::{done, outcome, shown, Args};

pub fn run(verb: &str, a: &Args) -> Option<String> {
    Some(match verb {
        "spawn" => outcome(lifecycle::spawn(&options(a)), |r| r.pid.to_string()),
        "spawndir" => outcome(lifecycle::spawn_in_directory(&a.text(0), &words(a, 2), &a.text(1)), |r| r.pid.to_string()),
        "spawnenv" => outcome(lifecycle::spawn_with_environment(&a.text(0), &words(a, 2), &a.list(1)), |r| {
            r.pid.to_string()
        }),
        "spawnlimits" => outcome(lifecycle::spawn_with_limits(&a.text(0), &words(a, 2), limits(&a.text(1))), |r| {
            r.pid.to_string()
        }),
        "wait" => outcome(lifecycle::wait(a.number(0)), waited),
        "waitfor" => outcome(lifecycle::wait_with_timeout(a.number(0), a.number(1)), waited),
        "waitany" => outcome(lifecycle::wait_any_child(), waited),
        "waitanyfor" => outcome(lifecycle::wait_any_child_with_timeout(a.number(0)), waited),
        "join" => outcome(lifecycle::join(a.number(0)), waited),
        "running" => lifecycle::is_running(a.number(0)).to_string(),
        "status" => outcome(lifecycle::get_status(a.number(0)), |s| {
            format!("{} {} {:?} {:?} threads {}", s.pid, s.ppid, s.state, s.exit_code, s.thread_count)
        }),
        "children" => {
            let all: Vec<String> = lifecycle::get_children().iter().map(u32::to_string).collect();
            all.join(" ")
        }
        "parent" => lifecycle::get_parent_id().to_string(),
        "current" => lifecycle::get_current_id().to_string(),
        "uptime" => shown(lifecycle::get_uptime(a.number(0))),
        "terminate" => done(lifecycle::terminate(a.number(0))),
        "kill" => done(lifecycle::kill(a.number(0))),
        "limit" => done(lifecycle::set_resource_limits(a.number(0), limits(&a.text(1)))),
        "limits" => outcome(lifecycle::get_resource_limits(a.number(0)), |l| {
            format!(
                "{},{},{},{},{}",
                l.max_memory, l.max_cpu_time, l.max_file_size, l.max_open_files, l.max_processes
            )
        }),
        "usage" => shown(lifecycle::get_resource_usage(a.number(0))),
        "signal" => done(signals::send_signal(a.number(0), signal(&a.text(1)))),
        "term" => done(signals::send_term(a.number(0))),
        "sigkill" => done(signals::send_kill(a.number(0))),
        "int" => done(signals::send_int(a.number(0))),
        "stop" => done(signals::send_stop(a.number(0))),
        "cont" => done(signals::send_cont(a.number(0))),
        "hup" => done(signals::send_hup(a.number(0))),
        "raw" => done(signals::send_raw_signal(a.number(0), a.number(1))),
        "onend" => shown(signals::on_terminate(a.number(0))),
        "onchange" => shown(signals::on_status_change(a.number(0))),
        "unwatch" => done(signals::unregister_handler(a.number(0))),
        "signalgroup" => done(signals::send_signal_group(a.number(0), signal(&a.text(1)))),
        "group" => shown(signals::get_process_group(a.number(0))),
        "setgroup" => done(signals::set_process_group(a.number(0), a.number(1))),
        "graceful" => done(signals::graceful_shutdown(a.number(0), a.number(1))),
        "gracefulgroup" => done(signals::graceful_shutdown_group(a.number(0), a.number(1))),
        "emergency" => done(signals::emergency_kill(a.number(0))),
        "emergencygroup" => done(signals::emergency_kill_group(a.number(0))),
        "signame" => shown(signals::signal_name(a.number(0))),
        "signumber" => shown(signals::signal_number(&a.text(0))),
        "signals" => signals::list_signals().join(" "),
        _ => return None,
    })
}

fn words(a: &Args, from: usize) -> Vec<String> {
    (from..a.0.len()).map(|i| a.text(i)).collect()
}

fn options(a: &Args) -> SpawnOptions {
    let mut o = SpawnOptions {
        command: a.text(0),
        arguments: vec![],
        environment: vec![],
        working_directory: None,
        inherit_environment: false,
        capture_stdout: false,
        capture_stderr: false,
        inherit_stdin: false,
    };
    for word in words(a, 1) {
        if let Some(dir) = word.strip_prefix("dir=") {
            o.working_directory = Some(dir.into());
        } else if let Some(var) = word.strip_prefix("env=") {
            o.environment.push(var.into());
        } else if let Some(with) = word.strip_prefix("with=") {
            o.inherit_environment = with.contains("inherit");
            o.capture_stdout = with.contains("stdout");
            o.capture_stderr = with.contains("stderr");
            o.inherit_stdin = with.contains("stdin");
        } else {
            o.arguments.push(word);
        }
    }
    o
}

/// Five numbers with commas between them.
fn limits(text: &str) -> ResourceLimits {
    let n: Vec<u64> = text.split(',').map(|s| s.parse().unwrap_or(0)).collect();
    let at = |i: usize| n.get(i).copied().unwrap_or(0);
    ResourceLimits {
        max_memory: at(0),
        max_cpu_time: at(1) as u32,
        max_file_size: at(2),
        max_open_files: at(3) as u32,
        max_processes: at(4) as u32,
    }
}

fn waited(w: WaitResult) -> String {
    let s = w.exit_status;
    match s.signal_number {
        Some(n) => format!("{} signal {n} {} {}", w.pid, s.code, s.terminated_by_signal),
        None => format!("{} code {}", w.pid, s.code),
    }
}

fn signal(name: &str) -> Signal {
    match name {
        "kill" => Signal::Kill,
        "int" => Signal::Int,
        "quit" => Signal::Quit,
        "stop" => Signal::Stop,
        "cont" => Signal::Cont,
        "hup" => Signal::Hup,
        "usr1" => Signal::Usr1,
        "usr2" => Signal::Usr2,
        _ => Signal::Term,
    }
}
