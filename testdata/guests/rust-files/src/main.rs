//! What the tests of package wasi run: a program of plain std that does what its
//! first argument says.
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, Read, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Err(e) = run(&args) {
        // The kind: its text says the same on each system.
        eprintln!("error: {}", e.kind());
        std::process::exit(1);
    }
}

fn run(args: &[String]) -> io::Result<()> {
    let arg = |i: usize| args.get(i).map(String::as_str).unwrap_or("");
    match arg(0) {
        "echo" => {
            io::copy(&mut io::stdin(), &mut io::stdout())?;
        }
        "env" => {
            let mut vars: Vec<_> = std::env::vars().collect();
            vars.sort();
            for (k, v) in vars {
                println!("{k}={v}");
            }
        }
        "args" => println!("{:?}", &args[1..]),
        "clock" => {
            let year = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 31_556_952 + 1970;
            let start = Instant::now();
            std::thread::sleep(Duration::from_millis(20));
            println!("{} {}", year >= 2024, start.elapsed() >= Duration::from_millis(20));
        }
        "wall" => {
            let _ = SystemTime::now();
        }
        "monotonic" => {
            let _ = Instant::now();
        }
        "random" => {
            // A hash map's seed comes from the host.
            let map: std::collections::HashMap<u32, u32> = (0..10).map(|i| (i, i)).collect();
            println!("{}", map.len());
        }
        "exit" => std::process::exit(arg(1).parse().unwrap()),
        "panic" => panic!("on purpose"),
        "cat" => io::stdout().write_all(&fs::read(arg(1))?)?,
        "write" => fs::write(arg(1), arg(2))?,
        "append" => OpenOptions::new().append(true).create(true).open(arg(1))?.write_all(arg(2).as_bytes())?,
        "ls" => {
            let mut names = Vec::new();
            for e in fs::read_dir(arg(1))? {
                let e = e?;
                names.push(format!("{} {}", e.file_name().to_string_lossy(), e.file_type()?.is_dir()));
            }
            names.sort();
            for n in names {
                println!("{n}");
            }
        }
        "stat" => {
            let m = fs::metadata(arg(1))?;
            println!("{} {}", m.len(), m.is_dir());
        }
        "lstat" => println!("{}", fs::symlink_metadata(arg(1))?.file_type().is_symlink()),
        "mkdir" => fs::create_dir_all(arg(1))?,
        "rmdir" => fs::remove_dir(arg(1))?,
        "rm" => fs::remove_file(arg(1))?,
        "mv" => fs::rename(arg(1), arg(2))?,
        "ln" => fs::hard_link(arg(1), arg(2))?,
        "readlink" => println!("{}", fs::read_link(arg(1))?.display()),
        "symlink" => symlink(arg(1), arg(2))?,
        "truncate" => OpenOptions::new().write(true).open(arg(1))?.set_len(arg(2).parse().unwrap())?,
        "touch" => {
            let f = OpenOptions::new().write(true).open(arg(1))?;
            f.set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000))?;
        }
        // A byte of the file for each line of the input.
        "hold" => {
            let mut f = File::open(arg(1))?;
            let mut b = [0u8; 1];
            for _ in io::stdin().lock().lines() {
                f.read_exact(&mut b)?;
                println!("{}", b[0] as char);
            }
        }
        other => {
            eprintln!("no command {other:?}");
            std::process::exit(2);
        }
    }
    Ok(())
}

extern "C" {
    #[link_name = "symlink"]
    fn c_symlink(old: *const std::ffi::c_char, new: *const std::ffi::c_char) -> i32;
}

fn symlink(old: &str, new: &str) -> io::Result<()> {
    let (old, new) = (std::ffi::CString::new(old)?, std::ffi::CString::new(new)?);
    match unsafe { c_symlink(old.as_ptr(), new.as_ptr()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
